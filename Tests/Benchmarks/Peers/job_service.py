"""The peer of the job pipeline: FastAPI, SQLAlchemy and Celery, as their documentation puts them together.

A job is a row; POST commits it and hands its id to a Celery task; the task commits `processing`, then `completed`: two
commits, as here. Configuration by DATABASE_URL and REDIS_URL."""

import os
import uuid

from celery import Celery
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import DateTime, String, Text, create_engine, func
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"].replace("postgres://", "postgresql+psycopg://"), pool_size=10, max_overflow=30)
sessions = sessionmaker(engine, expire_on_commit=False)
celery = Celery("jobs", broker=os.environ["REDIS_URL"])
celery.conf.update(task_ignore_result=True, worker_prefetch_multiplier=4)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Job(Base):
    __tablename__ = "peer_jobs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    status: Mapped[str] = mapped_column(String(20), default="queued", index=True)
    prompt: Mapped[str] = mapped_column(Text)
    created_at = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
    started_at = mapped_column(DateTime(timezone=True), nullable=True)
    completed_at = mapped_column(DateTime(timezone=True), nullable=True)


class NewJob(BaseModel):
    prompt: str = Field(min_length=1, max_length=4000)


@app.post("/jobs", status_code=202)
def create_job(new: NewJob):
    with sessions() as session:
        job = Job(prompt=new.prompt)
        session.add(job)
        session.commit()
    generate.delay(str(job.id))
    return {"id": job.id, "status": job.status}


@app.get("/jobs/{identifier}")
def get_job(identifier: uuid.UUID):
    with sessions() as session:
        job = session.get(Job, identifier)
        if job is None:
            raise HTTPException(404)
        return {"id": job.id, "status": job.status, "prompt": job.prompt}


@celery.task(name="generate")
def generate(identifier: str):
    with sessions() as session:
        job = session.get(Job, uuid.UUID(identifier))
        job.status, job.started_at = "processing", func.clock_timestamp()
        session.commit()
        job.status, job.completed_at = "completed", func.clock_timestamp()
        session.commit()


if __name__ == "__main__":
    Base.metadata.create_all(engine)
