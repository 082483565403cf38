-- Every reason a price is not valid has its flag in rpt_data_quality.
select distinct transactions_flagged.price_reason_code
from {{ ref('int_transactions_flagged') }} as transactions_flagged
left join {{ ref('rpt_data_quality') }} as data_quality
    on concat('price_reason_', transactions_flagged.price_reason_code) = data_quality.flag
where
    transactions_flagged.price_reason_code is not null
    and data_quality.flag is null
