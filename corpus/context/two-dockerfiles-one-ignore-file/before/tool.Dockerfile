FROM python:3.12-slim
COPY keys /keys
COPY app.py /app.py
