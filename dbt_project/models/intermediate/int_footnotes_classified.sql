with

footnotes as (

    select * from {{ ref('stg_sec__footnotes') }}

),

filings as (

    select * from {{ ref('int_filings') }}

),

-- Remarks speak of the whole filing; they are read like a note that hangs on every line.
notes as (

    select
        footnotes.accession_number,
        footnotes.footnote_id,
        lower(footnotes.footnote_text) as note_text
    from footnotes
    inner join filings
        on
            footnotes.accession_number = filings.accession_number
            and footnotes._road = filings.road
            and footnotes._partition = filings._partition
    where footnotes.footnote_text is not null
    union all
    select
        filings.accession_number,
        'remarks' as footnote_id,
        lower(filings.remarks) as note_text
    from filings
    where filings.remarks is not null

),

-- Each phrase comes from filers' own words. The plain-text test in front of each pattern only saves time: a case
-- reads its pattern for the few notes that can match.
classified as (

    select
        accession_number,
        footnote_id,
        -- Rule 10b5-1 is the affirmative defence of a trading plan; Rule 10b-5 is the fraud rule itself.
        case
            when contains(note_text, '10b')
                then {{ text_matches('note_text', "10\\(?b\\)?-?5[ ]?[-–—‑][ ]?1([^0-9]|$)") }}
            else false
        end as mentions_10b5_1,
        case
            when contains(note_text, '10b')
                then {{ text_matches(
                    'note_text',
                    "\\b(not|neither|no)\\b[^.;]{0,60}(pursuant to|under|in accordance with|in reliance on|part of|subject to|by)[^.;]{0,60}10\\(?b\\)?-?5[ ]?[-–—‑][ ]?1"
                ) }}
            else false
        end as denies_10b5_1,
        case
            when contains(note_text, 'plac') or contains(note_text, 'agreement') or contains(note_text, 'direct')
                then {{ text_matches(
                    'note_text',
                    "private placement|privately placed|securities purchase agreement|stock purchase agreement|share purchase agreement|subscription agreement|registered direct|directly from the (issuer|company|registrant)|\\bpipe\\b"
                ) }}
            else false
        end as mentions_private_placement,
        case
            when
                contains(note_text, 'offering')
                or contains(note_text, 'directed share')
                or contains(note_text, 'ipo')
                then {{ text_matches(
                    'note_text',
                    "directed share|reserved share program|friends and family|rights offering|(purchase|acquire|bought|buy|allot|sold|allocat|participat)[^.;]{0,120}(public offering|\\bipo\\b|underwritten offering|follow-on offering|the offering)|(public offering|\\bipo\\b)[^.;]{0,60}(price|allot|allocat|purchase)"
                ) }}
            else false
        end as mentions_offering_allotment,
        case
            when
                contains(note_text, 'plan')
                or contains(note_text, 'esop')
                or contains(note_text, 'espp')
                or contains(note_text, 'reinvest')
                or contains(note_text, 'drip')
                or contains(note_text, 'payroll')
                then {{ text_matches(
                    'note_text',
                    "stock purchase plan|share purchase plan|\\bespp\\b|\\besop\\b|stock ownership plan|dividend reinvest|reinvest(ed|ment|ing)?( of)?( the)?( quarterly| cash)? dividend|\\bdrip\\b|401\\(k\\)|401k|savings plan|payroll deduction|deferred compensation plan|employee benefit plan"
                ) }}
            else false
        end as mentions_plan_purchase,
        case
            when
                contains(note_text, 'exercis')
                or contains(note_text, 'same-day sale')
                or contains(note_text, 'sale+oe')
                then {{ text_matches(
                    'note_text',
                    "cashless exercise|same[- ]day sale|(sale|sold|sales|sell)[^.;]{0,80}(upon|following|acquired (up)?on|in connection with|result(ed|ing) from|from|after)( the| an)?( simultaneous)?[^.;]{0,30}exercise|sale\\+oe"
                ) }}
            else false
        end as mentions_exercise_sale,
        case
            when contains(note_text, 'ads') or contains(note_text, 'adr') or contains(note_text, 'depositary')
                then {{ text_matches('note_text', "\\bads(s)?\\b|\\badr(s)?\\b|american depositary") }}
            else false
        end as mentions_depositary_shares,
        -- Words of shared ownership: the same shares in two people's reports.
        case
            when contains(note_text, 'owne') or contains(note_text, 'general partner') or contains(note_text, 'joint')
                then {{ text_matches(
                    'note_text',
                    "may be deemed|disclaim|general partner|managing member|jointly|beneficial(ly)? own|held (of record|directly|indirectly) by|investment (adviser|advisor|manager)|filed jointly|group"
                ) }}
            else false
        end as mentions_shared_ownership,
        -- An amendment that adds what was left out restates nothing of what was reported.
        case
            when
                contains(note_text, 'omit')
                or contains(note_text, 'inadvertent')
                or contains(note_text, 'not previously')
                then {{ text_matches(
                    'note_text',
                    "omit|inadvertently (not|excluded|left|failed)|not (previously|originally) (reported|included)|failed to (report|include)"
                ) }}
            else false
        end as mentions_omission
    from notes

),

footnotes_classified as (

    select * from classified
    where
        mentions_10b5_1
        or mentions_private_placement
        or mentions_offering_allotment
        or mentions_plan_purchase
        or mentions_exercise_sale
        or mentions_depositary_shares
        or mentions_shared_ownership
        or mentions_omission

)

select * from footnotes_classified
