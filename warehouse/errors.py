"""The exception tree of the project.

    InsiderTiersError
    ├── SettingsError          a setting is missing or refused
    ├── FetchError             a server did not give what was asked for
    │   ├── NotPublishedYet    the day's index is not there yet: try again later
    │   ├── AccessRefused      the server wants a key, or another one than it was given
    │   └── Throttled          the server asked us to slow down and kept asking
    ├── SourceDataError        bytes arrived but are not what they claim to be
    ├── LoadError              rows could not be written to the warehouse
    ├── GateFailed             a quality gate found an error-level failure
    ├── PublishError           the published copy could not be replaced
    ├── ReportError            a page or report could not be made from the published copy
    └── RunError               a program we started (Airflow, dbt, the simulator) did not do what it was started for

Every message names the file (or address), the row or element where there is one, and the remedy.
"""


class InsiderTiersError(Exception):
    """Base of every error this project raises on purpose."""


class SettingsError(InsiderTiersError):
    """A setting is missing or has a value that is refused."""


class FetchError(InsiderTiersError):
    """A server did not give what was asked for, after all retries."""


class NotPublishedYet(FetchError):  # noqa: N818 - an outcome that is waited for
    """The index of a filing day is not published yet; the same request may succeed later."""


class Throttled(FetchError):  # noqa: N818 - says what happened
    """The server asked us to slow down, and still did after the longest wait we allow."""


class AccessRefused(FetchError):  # noqa: N818 - says what happened
    """The server wants a key, or another one than it was given; asking again does not help."""


class SourceDataError(InsiderTiersError):
    """Bytes arrived but are not what they claim to be (truncated zip, missing table, unknown column)."""


class LoadError(InsiderTiersError):
    """Rows could not be written to the warehouse; the partition is as it was before."""


class GateFailed(InsiderTiersError):  # noqa: N818 - says what happened
    """A quality gate found at least one failure of severity ``error``; nothing was published."""


class PublishError(InsiderTiersError):
    """The published copy could not be replaced; the previous one is untouched."""


class ReportError(InsiderTiersError):
    """A page or report could not be made from the published copy; what was made before is untouched."""


class RunError(InsiderTiersError):
    """A program we started (Airflow, dbt, the simulator) failed or did not get ready; the message holds its output."""
