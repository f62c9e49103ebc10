# ruff: noqa: DJ001, DJ008 - null is what the tables have; nobody prints a row
"""The tables as a user of Django would declare them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

__all__ = ["Event", "Interface", "Scenario", "Step", "Task", "User", "UserSession"]


class User(models.Model):
    """A user of the mini program."""

    openid = models.CharField(max_length=255, unique=True)
    union_id = models.CharField(max_length=255, null=True)
    nickname = models.CharField(max_length=100, null=True)
    avatar_url = models.CharField(max_length=500, null=True)
    phone = models.TextField(null=True)
    email = models.TextField(null=True)
    is_active = models.BooleanField(default=True)
    is_premium = models.BooleanField(default=False)
    usage_quota = models.IntegerField(default=10)
    login_count = models.IntegerField(default=0)
    last_login_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Where it lives."""

        app_label = "iopaint"
        db_table = '"iopaint"."users"'


class Task(models.Model):
    """A retouching task."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    task_id = models.CharField(max_length=100, unique=True, null=True)
    original_image_url = models.CharField(max_length=500)
    original_image_size = models.IntegerField(null=True)
    result_image_url = models.CharField(max_length=500, null=True)
    result_image_size = models.IntegerField(null=True)
    mask_data = models.TextField(null=True)
    model_name = models.CharField(max_length=50)
    model_config = models.JSONField(null=True)
    status = models.CharField(max_length=20, default="pending")
    error_message = models.TextField(null=True)
    progress = models.IntegerField(default=0)
    processing_time = models.IntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Where it lives."""

        app_label = "iopaint"
        db_table = '"iopaint"."process_records"'


class UserSession(models.Model):
    """A login on a device."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    session_token = models.TextField(unique=True)
    device_info = models.JSONField(null=True)
    ip_address = models.CharField(max_length=45, null=True)
    user_agent = models.TextField(null=True)
    is_active = models.BooleanField(default=True)
    last_activity_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Where it lives."""

        app_label = "iopaint"
        db_table = '"iopaint"."user_sessions"'


class Interface(models.Model):
    """An HTTP request under test."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project_id = models.UUIDField()
    folder_id = models.UUIDField(null=True)
    name = models.CharField(max_length=255)
    method = models.CharField(max_length=10)
    url = models.TextField()
    headers = models.JSONField(null=True)
    body = models.JSONField(null=True)
    assertions = models.JSONField(null=True)
    sort_order = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Where it lives."""

        app_label = "sisyphus"
        db_table = '"sisyphus"."interfaces"'


class Scenario(models.Model):
    """A test case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project_id = models.UUIDField()
    created_by = models.UUIDField()
    name = models.CharField(max_length=255)
    description = models.TextField(null=True)
    priority = models.CharField(max_length=10, default="P2")
    tags = models.JSONField(null=True)
    variables = models.JSONField(null=True)
    pre_sql = models.TextField(null=True)
    post_sql = models.TextField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Where it lives."""

        app_label = "sisyphus"
        db_table = '"sisyphus"."scenarios"'


class Step(models.Model):
    """A step of a test case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="steps")
    description = models.TextField(null=True)
    keyword_type = models.CharField(max_length=50)
    keyword_name = models.CharField(max_length=255)
    parameters = models.JSONField(null=True)
    sort_order = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Where it lives, and in which order it is read."""

        app_label = "sisyphus"
        db_table = '"sisyphus"."scenario_steps"'
        ordering = ("sort_order", "id")


class Event(models.Model):
    """What happened in the system."""

    user_id = models.BigIntegerField(null=True)
    session_id = models.BigIntegerField(null=True)
    level = models.CharField(max_length=10)
    source = models.CharField(max_length=100)
    message = models.TextField()
    context = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Where it lives."""

        app_label = "emotional_chat"
        db_table = '"emotional_chat"."system_logs"'
