# One image for serving and for the web UI: deploy/kubernetes says which of them a container runs.
#   docker build -f deploy/serving.Dockerfile -t purchasing-capability:0.1.0 .
FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 1000 purchasing
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY .streamlit .streamlit
COPY stages stages
# The one file that is written beside the code, a lock, goes where a read-only container can write.
RUN ln -s /tmp/mlflow.db.lock mlflow.db.lock
# Data and reports are mounted below /app, read-only; nothing of a customer is in the image.
USER 1000
ENV PYTHONPATH=/app OMP_NUM_THREADS=1 MLFLOW_DISABLE_TELEMETRY=true PORT=5001
EXPOSE 5001 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import socket, os; socket.create_connection(('127.0.0.1', int(os.environ['PORT'])), 3)"]
CMD ["python", "-m", "stages.serve"]
