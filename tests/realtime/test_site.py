"""A site's own list: what another desk asks for is told to its staff at once, and to nobody else."""

from collections.abc import Callable

from flask import Flask

from dispatch.models import User
from server.realtime.watcher import Watcher
from server.wiring import Wired
from tests.api.people import Person, World
from tests.realtime.conftest import Story
from tests.realtime.sockets import Socket

Enter = Callable[[Person], Socket]


def test_staff_are_told_of_a_request_at_their_site(story: Story, enter: Enter) -> None:
    nurse = enter(story.here.staff)
    nurse.done("follow_site")
    by_phone = story.ask(story.here.manager, site_id=story.here.site_id)
    [fact] = nurse.hears("fact")
    assert (fact["request_id"], fact["type"], fact["seq"]) == (by_phone, "request_created", 1)
    # What happens next to it is told to those who follow it.
    story.api.post(f"/requests/{by_phone}/cancel", story.here.staff, json={"reason": "left"})
    assert nurse.hears_nothing()


def test_nobody_is_told_of_another_site(story: Story, enter: Enter, world: World) -> None:
    doctor, foreign = enter(story.here.other_staff), enter(world.there.staff)
    for socket in (doctor, foreign):
        socket.done("follow_site")
    story.ask()
    assert doctor.hears_nothing()
    assert foreign.hears_nothing()


def test_the_site_is_for_its_staff(enter: Enter, world: World) -> None:
    here = world.here
    for person in (here.manager, here.supervisor, here.admin, here.peers[0]):
        enter(person).refused("forbidden", "follow_site")
    enter(here.staff).refused("invalid", "follow_site", {"site_id": here.other_site_id})


def test_who_unfollows_hears_no_more(story: Story, enter: Enter) -> None:
    nurse = enter(story.here.staff)
    nurse.done("follow_site")
    nurse.done("unfollow_site")
    story.ask()
    assert nurse.hears_nothing()


def test_who_moves_to_another_site_is_put_out(
    app: Flask, story: Story, enter: Enter, wired: Wired
) -> None:
    watcher: Watcher = app.extensions["alongside_watcher"]
    nurse = enter(story.here.staff)
    nurse.done("follow_site")
    with wired.db.transaction() as tx:
        tx.session.get_one(User, story.here.staff.id).site_id = story.here.other_site_id
    nurse.refused("not_signed_in", "follow_site")
    watcher.look()
    assert not nurse.is_in
    story.ask(story.here.manager, site_id=story.here.site_id)
    assert nurse.hears("fact") == []
