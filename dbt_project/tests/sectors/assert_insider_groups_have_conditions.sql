-- The seed names the groups, the macro insider_group_conditions says who belongs to them: the same names in both.
with

conditions as (
    {%- for insider_group in insider_group_conditions() %}
    select '{{ insider_group }}' as insider_group {{ "union all" if not loop.last }}
    {%- endfor %}
)

select
    insider_groups.insider_group as described_group,
    conditions.insider_group as computed_group
from {{ ref('insider_groups') }} as insider_groups
full outer join conditions
    on insider_groups.insider_group = conditions.insider_group
where
    insider_groups.insider_group is null
    or conditions.insider_group is null
