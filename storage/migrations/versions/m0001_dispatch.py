"""The tables of dispatch: networks and their people, requests, offers, visits, the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables, parents first."""
    op.create_table(
        "networks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_networks"),
        sa.UniqueConstraint("name", name="uq_networks_name"),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("area", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("desk_phone", sa.String(length=20), nullable=False),
        sa.Column("rooms", sa.JSON(), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_sites_network_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
        sa.UniqueConstraint("network_id", "name", name="uq_sites_network_id_name"),
    )
    op.create_index("ix_sites_network_id", "sites", ["network_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=True),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_on_call", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('staff', 'peer', 'manager', 'supervisor', 'admin')", name="ck_users_role"
        ),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_users_network_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_users_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_index("ix_users_network_id", "users", ["network_id"], unique=False)
    op.create_table(
        "peers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("modalities", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("focus", sa.JSON(), nullable=False),
        sa.Column("home_latitude", sa.Double(), nullable=True),
        sa.Column("home_longitude", sa.Double(), nullable=True),
        sa.Column("travel_limit_m", sa.Integer(), nullable=True),
        sa.Column("open_offer_limit", sa.Integer(), nullable=False),
        sa.Column("is_muted", sa.Boolean(), nullable=False),
        sa.Column("is_reachable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_peers_network_id"),
        sa.ForeignKeyConstraint(["id"], ["users.id"], name="fk_peers_id"),
        sa.PrimaryKeyConstraint("id", name="pk_peers"),
    )
    op.create_index("ix_peers_network_id", "peers", ["network_id"], unique=False)
    op.create_table(
        "support_requests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("requested_by_id", sa.String(length=32), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("modality", sa.String(9), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("focus", sa.String(17), nullable=True),
        sa.Column("preferences", sa.JSON(), nullable=False),
        sa.Column("video_fallback", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("priority", sa.String(10), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("search_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_wave", sa.Integer(), nullable=False),
        sa.Column("next_wave_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.String(length=32), nullable=True),
        sa.Column("alarm", sa.String(17), nullable=True),
        sa.Column("alarmed", sa.JSON(), nullable=False),
        sa.Column("is_widened", sa.Boolean(), nullable=False),
        sa.Column("close_reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "modality IN ('in_person', 'video', 'phone', 'chat')",
            name="ck_support_requests_modality",
        ),
        sa.CheckConstraint(
            "priority IN ('normal', 'continuing')", name="ck_support_requests_priority"
        ),
        sa.CheckConstraint(
            "state IN ('searching', 'escalated', 'accepted', 'en_route', 'arrived', 'in_session', 'completed', 'cancelled', 'unfilled')",
            name="ck_support_requests_state",
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name="fk_support_requests_network_id"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_support_requests_owner_id"),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["users.id"], name="fk_support_requests_requested_by_id"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_support_requests_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_support_requests"),
    )
    op.create_index(
        "ix_support_requests_due",
        "support_requests",
        ["next_action_at"],
        unique=False,
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
        sqlite_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_index(
        "ix_support_requests_listed",
        "support_requests",
        ["network_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_support_requests_open",
        "support_requests",
        ["network_id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('cancelled', 'completed', 'unfilled')"),
        sqlite_where=sa.text("state NOT IN ('cancelled', 'completed', 'unfilled')"),
    )
    op.create_index("ix_support_requests_site_id", "support_requests", ["site_id"], unique=False)
    op.create_table(
        "do_not_pair",
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_do_not_pair_peer_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_do_not_pair_site_id"),
        sa.PrimaryKeyConstraint("peer_id", "site_id", name="pk_do_not_pair"),
    )
    op.create_index("ix_do_not_pair_site_id", "do_not_pair", ["site_id"], unique=False)
    op.create_table(
        "duty",
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("modalities", sa.JSON(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("position_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_duty_network_id"),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_duty_peer_id"),
        sa.PrimaryKeyConstraint("peer_id", name="pk_duty"),
    )
    op.create_index(
        "ix_duty_on",
        "duty",
        ["network_id"],
        unique=False,
        postgresql_where=sa.text("on_duty"),
        sqlite_where=sa.text("on_duty"),
    )
    op.create_index(
        "ix_duty_until",
        "duty",
        ["until"],
        unique=False,
        postgresql_where=sa.text("on_duty"),
        sqlite_where=sa.text("on_duty"),
    )
    op.create_table(
        "exclusions",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_exclusions_peer_id"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["support_requests.id"], name="fk_exclusions_request_id"
        ),
        sa.PrimaryKeyConstraint("request_id", "peer_id", name="pk_exclusions"),
    )
    op.create_table(
        "facts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(17), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_facts_network_id"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["support_requests.id"], name="fk_facts_request_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_facts"),
        sa.UniqueConstraint("request_id", "seq", name="uq_facts_request_id_seq"),
    )
    op.create_index("ix_facts_network_id", "facts", ["network_id"], unique=False)
    op.create_table(
        "offers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("modality", sa.String(9), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("travel_s", sa.Integer(), nullable=True),
        sa.Column("arrive_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(length=40), nullable=True),
        sa.Column("decline_reason", sa.String(length=40), nullable=True),
        sa.Column("is_unreachable", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "modality IN ('in_person', 'video', 'phone', 'chat')", name="ck_offers_modality"
        ),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'superseded', 'withdrawn')",
            name="ck_offers_state",
        ),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_offers_network_id"),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_offers_peer_id"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["support_requests.id"], name="fk_offers_request_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
    )
    op.create_index(
        "ix_offers_open",
        "offers",
        ["peer_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_offers_request", "offers", ["request_id", "state"], unique=False)
    op.create_index(
        "uq_offers_live",
        "offers",
        ["request_id", "peer_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'accepted', 'declined')"),
        sqlite_where=sa.text("state IN ('open', 'accepted', 'declined')"),
    )
    op.create_table(
        "peer_badges",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_peer_badges_peer_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_peer_badges_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_peer_badges"),
        sa.UniqueConstraint("peer_id", "site_id", name="uq_peer_badges_peer_id_site_id"),
    )
    op.create_index("ix_peer_badges_site_id", "peer_badges", ["site_id"], unique=False)
    op.create_table(
        "peer_certificates",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_peer_certificates_peer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_peer_certificates"),
    )
    op.create_index("ix_peer_certificates_peer_id", "peer_certificates", ["peer_id"], unique=False)
    op.create_table(
        "visits",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("network_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("peer_id", sa.String(length=32), nullable=False),
        sa.Column("offer_id", sa.String(length=32), nullable=True),
        sa.Column("modality", sa.String(9), nullable=False),
        sa.Column("state", sa.String(11), nullable=False),
        sa.Column("eta_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=40), nullable=True),
        sa.Column("contact_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undo_to", sa.String(11), nullable=True),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undo_by_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "modality IN ('in_person', 'video', 'phone', 'chat')", name="ck_visits_modality"
        ),
        sa.CheckConstraint(
            "state IN ('accepted', 'en_route', 'arrived', 'in_session', 'completed', 'withdrawn', 'handed_over', 'cancelled')",
            name="ck_visits_state",
        ),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_visits_network_id"),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name="fk_visits_offer_id"),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_visits_peer_id"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["support_requests.id"], name="fk_visits_request_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
    )
    op.create_index("ix_visits_peer_id", "visits", ["peer_id"], unique=False)
    op.create_index("ix_visits_request_id", "visits", ["request_id"], unique=False)
    op.create_index(
        "uq_visits_live_peer",
        "visits",
        ["peer_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('accepted', 'arrived', 'en_route', 'in_session')"),
        sqlite_where=sa.text("state IN ('accepted', 'arrived', 'en_route', 'in_session')"),
    )
    op.create_index(
        "uq_visits_live_request",
        "visits",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('accepted', 'arrived', 'en_route', 'in_session')"),
        sqlite_where=sa.text("state IN ('accepted', 'arrived', 'en_route', 'in_session')"),
    )


def downgrade() -> None:
    """Drop them, children first; their indexes go with them."""
    for table in (
        "visits",
        "peer_certificates",
        "peer_badges",
        "offers",
        "facts",
        "exclusions",
        "duty",
        "do_not_pair",
        "support_requests",
        "peers",
        "users",
        "sites",
        "networks",
    ):
        op.drop_table(table)
