with

sic_sectors as (

    select * from {{ ref('sic_sectors') }}

)

select
    sic_code,
    valid_from,
    valid_to,
    sector,
    special_class
from sic_sectors
