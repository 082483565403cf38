-- Every reason a price is not valid has its flag in rpt_data_quality.
select distinct price_reason_code
from {{ ref('int_transactions_flagged') }}
where
    price_reason_code is not null
    and price_reason_code not in ('{{ price_reasons() | join("', '") }}')
