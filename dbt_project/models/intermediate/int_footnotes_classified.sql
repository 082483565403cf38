{{ config(materialized='incremental', incremental_strategy='replace_filings', on_schema_change='fail') }}

{#- Phrases are regular expressions on lower-cased text: filers' own words and the ways lawyers vary them. The unit
tests hold a case of each and its look-alikes; docs/data_review.md says how they do on real filings. -#}

{#- Rule 10b5-1 is the affirmative defence of a trading plan; Rule 10b-5 is the fraud rule itself. The dash may be any,
a point or missing, and the figure one may be a letter. -#}
{%- set rule_10b5_1 = "10[- ]?\\(?b\\)?[- ]?\\(?5\\)?( ?[-–—‑−] ?|\\.)?(1([^0-9]|$)|l([^a-z0-9]|$))" -%}
{%- set trading_plan = "(trading|selling|sales?) (plan|program|arrangement|instruction)" -%}
{%- set a_plan = "(" ~ rule_10b5_1 ~ "|" ~ trading_plan ~ ")" -%}
{%- set by_way_of =
    "(pursuant to|under|in accordance with|in reliance (up)?on|(as )?part of|subject to|covered by|in connection with)"
-%}
{%- set denials = [
    "\\b(no|not an?|without)( an?| any)?( [^ .;]+){0,2} " ~ a_plan,
    "\\bnot (been )?(an? )?((sale|purchase|trade|transaction|made|effected|executed|entered into|done|sold|purchased|acquired|undertaken|conducted|completed) )?" ~ by_way_of ~ "[^.;]{0,60}" ~ a_plan,
    "\\b(neither|none|no)\\b[^.;]{0,60}\\b(is|are|was|were|been)\\b[^.;]{0,20}" ~ by_way_of ~ "[^.;]{0,60}" ~ a_plan,
    "(inadvertent|erroneous|incorrect|mistaken)ly (checked|ticked|marked|indicated|selected)[^.;]{0,250}" ~ a_plan,
    a_plan ~ "[^.;]{0,40}(box|indicator)[^.;]{0,30} (was|were) (inadvertent|erroneous|incorrect|mistaken)ly",
    "\\b(other than|outside|independent(ly)?|separate(ly)?|apart)( of| from)?( pursuant to| under)?( an?| any| the| his| her| their| its| such)?( [^ .;]+){0,3} " ~ a_plan,
] -%}

{%- set from_the_issuer = "from (the )?(issuer|company|registrant|corporation|issuing company)([^a-z’\\x27]|$)" -%}
{%- set placement = [
    "private(ly)? (placement|placed|offering|investment)",
    "\\bpipe\\b",
    "(securities|stock|shares?|units?|notes?|equity|warrants?|interests?) purchase agreement",
    "subscription agreement|subscribed for",
    "(investment|backstop|backstop commitment|equity commitment|forward purchase|standby purchase) agreement",
    "registered direct",
    "direct(ly)? " ~ from_the_issuer,
    "(purchas|acquir|bought|buy)[^.;]{0,120} " ~ from_the_issuer,
    "(direct|private) (transaction|purchase|sale|issuance) (with|by|from) the (issuer|company|registrant|corporation)",
    "newly[- ]issued shares|issued (and sold )?by the (issuer|company|registrant) to",
] -%}
{%- set offering = [
    "directed share|reserved share|friends and family|rights offering|over-?subscription|basic subscription",
    "(purchas|acquir|bought|buy|allot|sold|allocat|participat)[^.;]{0,120}(\\boffering\\b|\\bipo\\b)",
    "(\\boffering\\b|\\bipo\\b)[^.;]{0,60}(price|allot|allocat|purchase)",
    "(purchas|acquir|bought)[^.;]{0,60}from (the|an|one of the|certain) (lead |managing )?underwriter",
    "plan of conversion|mutual[- ]to[- ]stock",
] -%}
{#- Who has a seat on the board by a contract tells of it in every report. -#}
{%- set board_seat = "right to (designate|nominate|appoint)|deputiz" -%}
{#- A note that tells of an offering and says that these shares were bought in the open market. -#}
{%- set market = "open[- ]market" -%}
{%- set not_market = "(not|other than|outside|rather than|instead of)[^.;]{0,20}open[- ]market" -%}

{%- set employee_plan = [
    "(stock|share) (purchase|ownership|investment) (plan|program)",
    "employees?[^a-z]{0,2} ?(stock|share|savings) (purchase|ownership|plan|trust)",
    "\\b(espp|esop|drip|drspp|dspp|drp)\\b",
    "reinvest[^.;]{0,40}(dividend|distribution)|(dividend|distribution)[^.;]{0,40}reinvest",
    "direct (stock|share) purchase|optional cash (purchase|payment|investment)",
    "401 ?\\(?k\\)?|savings plan|savings and [a-z ]{0,20}plan|thrift plan|stock bonus plan",
    "payroll deduction|deferred compensation|employee benefit plan",
    "automatic (monthly |quarterly )?(purchase|investment) (plan|program)",
    "in lieu of[^.;]{0,40}(fee|retainer|compensation|salary)",
] -%}
{#- A plan of Rule 10b5-1 may be one to purchase stock, and a self-directed account does what its owner says. -#}
{%- set no_employee_plan = "10b-?5-?1[^.;]{0,20} (stock|share) purchase|self[- ]directed" -%}

{%- set to_pay = "(cover|satisfy|pay|fund|meet|offset|defray)[^.;]{0,120}" -%}
{%- set award = "(exercis|vest|settle|release|restricted|\\brsu|\\bpsu|award|stock option|stock unit|equity)" -%}
{%- set exercise_sale = [
    "cashless exercise|same[- ]day sale|sale\\+oe|(sell|sold)[- ]to[- ]cover",
    "(sale|sold|sell)[^.;]{0,80}(upon|following|acquired (up)?on|in connection with|result(ed|ing) from|relat(ed|ing) to|from|after)( the| an)?( simultaneous)?[^.;]{0,30}exercise",
    "(sale|sold|sell)[^.;]{0,120}" ~ to_pay ~ "(exercise (price|cost)|strike price)",
    "exercised[^.;]{0,60}(sale|sold)[^.;]{0,30}same day",
    "(sale|sold|sell)[^.;]{0,120}" ~ to_pay ~ "withh",
    "(sale|sold|sell)[^.;]{0,120}" ~ to_pay ~ "tax[^.;]{0,120}" ~ award,
    "(sale|sold|sell)[^.;]{0,80}" ~ award ~ "[^.;]{0,80}" ~ to_pay ~ "tax",
    award ~ "[^.;]{0,160}(sale|sold|sell)[^.;]{0,120}" ~ to_pay ~ "tax",
] -%}
{#- Underwriters exercise an option too: that of buying more in an offering. A director who hands the benefit of his
options to a fund, and a part of the sales, say nothing of the others. -#}
{%- set other_sales = [
    "underwriter[^.;]{0,60}exercise|exercise[^.;]{0,60}(underwriter|over-?allotment)",
    "option to purchase (up to )?[^.;]{0,30}additional",
    "economic (benefit|interest)|deputiz",
    "(portion|part|some|certain|[0-9] shares) of (the|these) (reported )?(sale|shares (sold|reported))",
] | join('|') -%}

with

footnotes as (

    select * from {{ ref('stg_sec__footnotes') }}
    {{ of_changed_filings() }}

),

filings as (

    select * from {{ ref('int_filings') }}
    {{ of_changed_filings() }}

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

-- Filers write the same sentence thousands of times; it is read once.
texts as (

    select distinct note_text
    from notes

),

-- The plain-text test in front of each pattern only saves time: a case reads its pattern for the few notes that can
-- match.
texts_read as (

    select
        note_text,
        case
            when
                contains(note_text, '10b')
                or contains(note_text, '10 b')
                or contains(note_text, '10-b')
                or contains(note_text, '10(b')
                then {{ text_matches('note_text', a_plan) }}
            when
                contains(note_text, 'ing plan')
                or contains(note_text, 'sale plan')
                or contains(note_text, 'sales plan')
                or contains(note_text, 'ing program')
                or contains(note_text, 'ing arrangement')
                or contains(note_text, 'ing instruction')
                then {{ text_matches('note_text', by_way_of ~ "[^.;]{0,60}" ~ trading_plan) }}
            else false
        end as mentions_10b5_1,
        case
            when
                contains(note_text, '10b')
                or contains(note_text, '10 b')
                or contains(note_text, '10-b')
                or contains(note_text, '10(b')
                or contains(note_text, 'ing plan')
                or contains(note_text, 'sale plan')
                or contains(note_text, 'sales plan')
                then {{ text_matches('note_text', denials | join('|')) }}
            else false
        end as denies_10b5_1,
        case
            when
                contains(note_text, 'priva')
                or contains(note_text, 'pipe')
                or contains(note_text, 'agreement')
                or contains(note_text, 'direct')
                or contains(note_text, 'subscri')
                or contains(note_text, 'issued')
                or contains(note_text, 'from the ')
                or contains(note_text, 'from issuer')
                or contains(note_text, 'from company')
                then
                    {{ text_matches('note_text', placement | join('|')) }}
                    and not {{ text_matches('note_text', board_seat) }}
                    and (
                        not {{ text_matches('note_text', market) }}
                        or {{ text_matches('note_text', not_market) }}
                    )
            else false
        end as mentions_private_placement,
        case
            when
                contains(note_text, 'offering')
                or contains(note_text, 'ipo')
                or contains(note_text, 'directed share')
                or contains(note_text, 'reserved share')
                or contains(note_text, 'subscription')
                or contains(note_text, 'underwriter')
                or contains(note_text, 'friends')
                or contains(note_text, 'conversion')
                or contains(note_text, 'mutual')
                then
                    {{ text_matches('note_text', offering | join('|')) }}
                    and (
                        not {{ text_matches('note_text', market) }}
                        or {{ text_matches('note_text', not_market) }}
                    )
            else false
        end as mentions_offering_allotment,
        -- A conversion that the closing of an offering brought about dates that closing.
        case
            when contains(note_text, 'offering') or contains(note_text, 'ipo')
                then {{ text_matches(
                    'note_text',
                    "(clos|complet|consummat|effective)[^.;]{0,60}(public offering|\\bipo\\b)"
                ) }}
            else false
        end as mentions_offering_closing,
        case
            when
                contains(note_text, 'plan')
                or contains(note_text, 'program')
                or contains(note_text, 'employee')
                or contains(note_text, 'esop')
                or contains(note_text, 'espp')
                or contains(note_text, 'reinvest')
                or contains(note_text, 'drip')
                or contains(note_text, 'spp')
                or contains(note_text, 'drp')
                or contains(note_text, 'payroll')
                or contains(note_text, 'deferred')
                or contains(note_text, 'optional')
                or contains(note_text, '401')
                or contains(note_text, 'in lieu of')
                or contains(note_text, 'direct')
                then
                    {{ text_matches('note_text', employee_plan | join('|')) }}
                    and not {{ text_matches('note_text', no_employee_plan) }}
            else false
        end as mentions_plan_purchase,
        -- Dividends that became shares by standing instruction; a plan purchase that nobody decided on that day.
        case
            when contains(note_text, 'reinvest')
                then {{ text_matches(
                    'note_text',
                    "reinvest[^.;]{0,40}(dividend|distribution)|(dividend|distribution)[^.;]{0,40}reinvest"
                ) }}
            when contains(note_text, 'drip') then {{ text_matches('note_text', "\\bdrip\\b") }}
            else false
        end as mentions_dividend_reinvestment,
        case
            when
                contains(note_text, 'exercis')
                or contains(note_text, 'tax')
                or contains(note_text, 'withh')
                or contains(note_text, 'cover')
                or contains(note_text, 'same')
                or contains(note_text, 'sale+oe')
                then
                    {{ text_matches('note_text', exercise_sale | join('|')) }}
                    and not {{ text_matches('note_text', other_sales) }}
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
        end as mentions_omission,
        -- "Includes 40 shares acquired through ..." tells what the shares owned afterwards are made of.
        case
            when contains(note_text, 'includ')
                then {{ text_matches('note_text', "^[^.;]{0,40}\\binclud(es?|ed|ing)\\b") }}
            else false
        end as speaks_of_holding
    from texts

),

texts_that_speak as (

    select * from texts_read
    where
        mentions_10b5_1
        or mentions_private_placement
        or mentions_offering_allotment
        or mentions_offering_closing
        or mentions_plan_purchase
        or mentions_dividend_reinvestment
        or mentions_exercise_sale
        or mentions_depositary_shares
        or mentions_shared_ownership
        or mentions_omission

),

footnotes_classified as (

    select
        notes.accession_number,
        notes.footnote_id,
        texts_that_speak.mentions_10b5_1,
        texts_that_speak.denies_10b5_1,
        texts_that_speak.mentions_private_placement,
        texts_that_speak.mentions_offering_allotment,
        texts_that_speak.mentions_offering_closing,
        texts_that_speak.mentions_plan_purchase,
        texts_that_speak.mentions_dividend_reinvestment,
        texts_that_speak.mentions_exercise_sale,
        texts_that_speak.mentions_depositary_shares,
        texts_that_speak.mentions_shared_ownership,
        texts_that_speak.mentions_omission,
        texts_that_speak.speaks_of_holding,
        -- What a short remark names is what was reported; a long one tells of awards, accounts and earlier filings too.
        notes.footnote_id = 'remarks' and length(notes.note_text) <= 160 and not contains(notes.note_text, 'amend')
            as is_short_remark
    from notes
    inner join texts_that_speak
        on notes.note_text = texts_that_speak.note_text

)

select * from footnotes_classified
