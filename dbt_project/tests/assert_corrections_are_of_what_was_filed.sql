-- Each listed correction names a value its filing has. One whose filing is not loaded says nothing yet.
with

form4_corrections as (

    select * from {{ ref('form4_corrections') }}

),

-- One look at the lines for both: which filings are loaded, and what they say.
transaction_lines as (

    select *
    from {{ ref('int_transaction_lines') }}
    where accession_number in (select form4_corrections.accession_number from form4_corrections)

),

loaded_filings as (

    select distinct accession_number from transaction_lines

),

matches as (

    select
        form4_corrections.accession_number,
        form4_corrections.table_code,
        form4_corrections.line_number,
        form4_corrections.field,
        form4_corrections.filed_value,
        count(transaction_lines.transaction_line_key) as matching_line_count
    from form4_corrections
    inner join loaded_filings
        on form4_corrections.accession_number = loaded_filings.accession_number
    left join transaction_lines
        on
            form4_corrections.accession_number = transaction_lines.accession_number
            and form4_corrections.table_code = transaction_lines.table_code
            and (
                form4_corrections.line_number is null
                or form4_corrections.line_number = transaction_lines.line_number
            )
            and {{ is_filed_value('form4_corrections', 'transaction_lines') }}
    group by
        form4_corrections.accession_number,
        form4_corrections.table_code,
        form4_corrections.line_number,
        form4_corrections.field,
        form4_corrections.filed_value

)

select * from matches
where matching_line_count = 0
