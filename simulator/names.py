"""Fictional names: companies, people, tickers, titles, places. None is meant to resemble anyone."""

from __future__ import annotations

import numpy as np

COMPANY_FIRST = tuple(
    ["Halvorsen", "Bexley", "Cordwain", "Dunmarrow", "Eastgarth", "Fennimore", "Galloway", "Harrowgate", "Inverlock", "Jessup", "Kestrel", "Lorrimer", "Marchbank", "Northwold", "Oakhollow", "Penhallow", "Quillfeather", "Ravenshaw", "Selwick", "Tamberlane", "Ulverton", "Varnholt", "Westmarch", "Yarrowby", "Zellerfeld", "Ashcombe", "Brackwater", "Copperline", "Drumlin", "Elkhorn", "Farrowdale", "Graystone", "Hollin", "Ironbridge", "Juniper", "Kingsmere", "Larkfield", "Moorcastle", "Nethercott", "Orrinby", "Pinecrest", "Quarryman", "Redfern", "Stonewick", "Thornbury", "Upland", "Vantrel", "Wolfram", "Amberley", "Birchgate", "Calloway", "Dovetail", "Everwyn", "Foxglove", "Glenmorrow", "Highmark", "Islington", "Jasper", "Knollwood", "Lakemont", "Millrace", "Newhaven", "Overbrook", "Primrose", "Quimby", "Rosewell", "Silverton", "Tidewell", "Underhill", "Verity", "Whitcomb", "Arden", "Blackfriar", "Cascadia", "Driftwood", "Emberton", "Fairlight", "Greyfell", "Hartwell", "Ivory", "Jarrow", "Kenning", "Lindmark", "Meridel", "Norrland", "Osprey", "Palisade", "Quorn", "Rutherglen", "Sandhurst", "Trellis", "Umber", "Vesper", "Windrow", "Aldergate", "Bramble", "Cinder", "Delmar", "Elmstead", "Fallow", "Garrick", "Heron", "Indigo", "Jutland", "Kelso", "Lomond", "Merrow", "Nimbus", "Orchard", "Pendle", "Rook", "Saffron", "Tarn", "Viola", "Wexley"]
)
COMPANY_MIDDLE = tuple(
    ["Basin", "Ridge", "Harbor", "Summit", "Valley", "Prairie", "Coast", "Canyon", "Delta", "Point", "Crossing", "Hill", "Mesa", "Bay", "Fork", "Grove", "Peak", "Shore", "Creek", "Plains", "Lake", "Island", "Gate", "Cape", "Glen", "Field", "Bluff", "Cove", "Heights", "Landing"]
)
SECTOR_WORDS: dict[str, tuple[str, ...]] = {
    "Communication Services": ("Communications Inc", "Media Group Inc", "Broadcasting Corp", "Networks Inc"),
    "Consumer Discretionary": ("Stores Inc", "Motors Corp", "Brands Inc", "Restaurants Inc", "Homes Corp"),
    "Consumer Staples": ("Foods Inc", "Beverage Co", "Grocers Inc", "Household Products Co"),
    "Energy": ("Energy Corp", "Petroleum Inc", "Drilling Co", "Resources Inc"),
    "Financials": ("Bancorp", "Financial Corp", "Insurance Group Inc", "Capital Holdings Inc"),
    "Health Care": ("Therapeutics Inc", "Medical Corp", "Pharma Inc", "Health Systems Inc"),
    "Industrials": ("Industries Inc", "Aerospace Corp", "Logistics Inc", "Engineering Group Inc"),
    "Information Technology": ("Software Inc", "Semiconductor Corp", "Systems Inc", "Technologies Inc"),
    "Materials": ("Chemicals Inc", "Mining Corp", "Steel Co", "Materials Inc"),
    "Real Estate": ("Realty Trust Inc", "Properties Inc", "REIT Corp", "Land Co"),
    "Utilities": ("Electric Co", "Gas & Power Co", "Water Utilities Inc", "Energy Services Co"),
}
LAST_NAMES = tuple(
    ["Abernathy", "Ackroyd", "Alderson", "Ambrose", "Atwater", "Babbage", "Balfour", "Barclough", "Beckwith", "Bellamy", "Birdsall", "Blakemore", "Bonham", "Bracewell", "Brightwell", "Brockhurst", "Calverley", "Carrow", "Chadbourne", "Cheswick", "Clitheroe", "Colborne", "Cranmer", "Crossley", "Dalrymple", "Danforth", "Delacour", "Denholm", "Dickerman", "Donnelly", "Dorrance", "Drayton", "Dunwoody", "Eastlake", "Eldridge", "Ellingham", "Fairbairn", "Farquhar", "Featherstone", "Fenwick", "Fitzroy", "Flanders", "Forsythe", "Gainsford", "Galbraith", "Gatewood", "Gilchrist", "Goodwin", "Greaves", "Haldane", "Hargrove", "Hathersage", "Hawksworth", "Heathcote", "Hollingworth", "Huxtable", "Ingersoll", "Ingram", "Jellicoe", "Jernigan", "Kellaway", "Kensett", "Kilbride", "Kirkbride", "Lambourne", "Langford", "Lathrop", "Leighton", "Lockridge", "Lydgate", "Maddox", "Mainwaring", "Malbury", "Mandeville", "Marlowe", "Maxfield", "Merriweather", "Middleton", "Montclair", "Mossgrove", "Nakagawa", "Netherby", "Newcombe", "Norcross", "Oakeshott", "Okonkwo", "Oldershaw", "Ormsby", "Osterberg", "Paget", "Pemberton", "Pettigrew", "Pickering", "Plumtree", "Prescott", "Quennell", "Radcliffe", "Ravindran", "Redgrave", "Ridgeway", "Rochford", "Rosenthal", "Rutledge", "Salisbury", "Sandoval", "Satterfield", "Seabrook", "Shackleton", "Sheringham", "Skelton", "Somerville", "Stanhope", "Stirling", "Strickland", "Sutcliffe", "Talbot", "Tarkington", "Thackeray", "Thistle", "Tillinghast", "Tolliver", "Trevelyan", "Underwood", "Vandermeer", "Vasquez", "Verney", "Wadsworth", "Wainwright", "Walpole", "Warburton", "Weatherby", "Wetherell", "Whitlock", "Wickham", "Wilberforce", "Winthrop", "Woolcott", "Wyndham", "Yamamoto", "Yardley", "Zielinski"]
)
FIRST_NAMES = tuple(
    ["Aaron", "Abigail", "Adele", "Albert", "Alice", "Amara", "Andrew", "Anita", "Arthur", "Audrey", "Barbara", "Benjamin", "Bernard", "Bridget", "Caleb", "Camille", "Carl", "Catherine", "Charles", "Clara", "Colin", "Cora", "Daniel", "Deborah", "Derek", "Diana", "Edgar", "Edith", "Elena", "Elliot", "Emma", "Eric", "Esther", "Evan", "Felix", "Fiona", "Frances", "Frank", "Gavin", "Grace", "Grant", "Hannah", "Harold", "Hazel", "Hector", "Helen", "Henry", "Ida", "Irene", "Isaac", "Ivan", "Jane", "Jasmine", "Jerome", "Joan", "Joel", "Judith", "Julian", "Karen", "Keith", "Kiran", "Laura", "Leah", "Leon", "Lewis", "Lillian", "Lucas", "Lydia", "Malcolm", "Marcus", "Maria", "Martha", "Miles", "Miriam", "Naomi", "Nathan", "Nina", "Noah", "Nora", "Oliver", "Olivia", "Oscar", "Pamela", "Patrick", "Paul", "Peter", "Philip", "Priya", "Rachel", "Ralph", "Rita", "Robert", "Rosa", "Roy", "Ruth", "Samuel", "Sandra", "Simon", "Sonia", "Stephen", "Susan", "Sylvia", "Theodore", "Thomas", "Tobias", "Ursula", "Vera", "Victor", "Vincent", "Walter", "Wendy", "William", "Yasmin", "Yvonne", "Zachary", "Zoe"]
)
CITIES = (
    ("HOUSTON", "TX", "77002"),
    ("NEW YORK", "NY", "10017"),
    ("CHICAGO", "IL", "60606"),
    ("DENVER", "CO", "80202"),
    ("BOSTON", "MA", "02110"),
    ("SAN JOSE", "CA", "95113"),
    ("ATLANTA", "GA", "30303"),
    ("SEATTLE", "WA", "98101"),
    ("COLUMBUS", "OH", "43215"),
    ("CHARLOTTE", "NC", "28202"),
    ("PHOENIX", "AZ", "85004"),
    ("MINNEAPOLIS", "MN", "55402"),
)
STREETS = ("Main Street", "Market Street", "Commerce Drive", "Harbor Road", "Park Avenue", "Industrial Parkway")

CEO_TITLES = ("Chief Executive Officer", "President and CEO", "CEO", "Chairman and CEO", "See Remarks")
CFO_TITLES = ("Chief Financial Officer", "EVP and CFO", "CFO & Treasurer", "Exec. V.P. & Chief Fin Officer")
COO_TITLES = ("Chief Operating Officer", "President and COO", "COO", "EVP, Operations")
COUNSEL_TITLES = ("General Counsel", "EVP, GC & Secretary", "SVP & General Counsel", "Chief Legal Officer")
OTHER_TITLES = (
    "Senior Vice President",
    "Chief Accounting Officer",
    "EVP, Human Resources",
    "VP & Controller",
    "Chief Technology Officer",
    "SVP, Sales",
    "Group President",
    "Chief Marketing Officer",
)
FUND_WORDS = ("Capital Partners LP", "Capital GP LLC", "Investment Management LLC", "Master Fund Ltd")


def company_names(sectors: np.ndarray, sector_names: tuple[str, ...], rng: np.random.Generator) -> list[str]:
    """One name per company that says its sector, no name twice.

    Args:
        sectors: Index into ``sector_names`` per company.
        sector_names: Names of the sectors.
        rng: Source of randomness.
    """
    pairs = len(COMPANY_FIRST) * len(COMPANY_MIDDLE)
    rounds = -(-len(sectors) // pairs)
    order = np.concatenate([rng.permutation(pairs) for _ in range(rounds)])[: len(sectors)]
    names = []
    for place, (sector, pair) in enumerate(zip(sectors, order, strict=True)):
        words = SECTOR_WORDS[sector_names[sector]]
        first, middle = divmod(int(pair), len(COMPANY_MIDDLE))
        repeat = place // pairs
        number = "" if repeat == 0 else f" {repeat + 1}"
        word = words[int(pair) % len(words)]
        names.append(f"{COMPANY_FIRST[first]} {COMPANY_MIDDLE[middle]}{number} {word}")
    return names


def person_names(count: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Names as EDGAR files them (``Fenwick Clara J.``) and as they are signed (``Clara J. Fenwick``)."""
    last = rng.integers(len(LAST_NAMES), size=count)
    first = rng.integers(len(FIRST_NAMES), size=count)
    middle = rng.integers(26, size=count)
    filed, signed = [], []
    for a, b, c in zip(last, first, middle, strict=True):
        initial = chr(65 + int(c))
        filed.append(f"{LAST_NAMES[a]} {FIRST_NAMES[b]} {initial}.")
        signed.append(f"{FIRST_NAMES[b]} {initial}. {LAST_NAMES[a]}")
    return filed, signed


def tickers(count: int, rng: np.random.Generator) -> list[str]:
    """Four letters, the first always Z: no company needs to be confused with a listed one."""
    numbers = rng.permutation(26**3)[:count]
    return ["Z" + "".join(chr(65 + int(value) // 26**place % 26) for place in (2, 1, 0)) for value in numbers]
