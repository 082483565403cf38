# Airflow, dbt, DuckDB and this project in one image; every service of docker-compose.yml runs it.
FROM python:3.12.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONPATH=/opt/insider-tiers \
    DATA_DIR=/var/lib/insider-tiers \
    AIRFLOW_HOME=/var/lib/insider-tiers/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/insider-tiers/dags

WORKDIR /opt/insider-tiers

# Exactly the packages of the lock, checked by hash, and nothing compiled here.
COPY requirements.lock ./
RUN pip install --require-hashes --only-binary :all: -r requirements.lock

# A volume mounted at DATA_DIR for the first time takes over this owner.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin insider \
    && install --directory --owner=insider --group=insider "$DATA_DIR"

COPY pyproject.toml ./
COPY warehouse/ warehouse/
COPY extract/ extract/
COPY quality/ quality/
COPY reports/ reports/
COPY simulator/ simulator/
COPY dbt_project/ dbt_project/
COPY ops/ ops/
COPY dags/ dags/

USER insider
VOLUME ["/var/lib/insider-tiers"]
CMD ["python", "-m", "warehouse", "status"]
