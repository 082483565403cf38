with

issuer_sector_overrides as (

    select * from {{ ref('issuer_sector_overrides') }}

)

select
    issuer_cik,
    valid_from,
    valid_to,
    sector
from issuer_sector_overrides
