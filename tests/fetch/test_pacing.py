"""Pauses, in a time of the test's own: the event loop's clock jumps to the next thing that is due."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.fetch.faults import Fault
from monitor.fetch.pacing import LONGEST_PAUSE, LONGEST_WAIT, Host, Paces


class _Jump(selectors.DefaultSelector):
    now = 1000.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return super().select(0)


def run(main: Awaitable[Any]) -> Any:
    """asyncio.run, without waiting."""
    selector = _Jump()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


async def starts(host: Host, how_many: int, takes: float = 0.0) -> list[float]:
    """When each of many simultaneous requests got its turn, in seconds since the first."""
    times: list[float] = []

    async def request() -> None:
        async with host:
            times.append(asyncio.get_running_loop().time())
            await asyncio.sleep(takes)

    await asyncio.gather(*(request() for _ in range(how_many)))
    return [round(time - times[0], 6) for time in times]


def on_host(delay: float, use: Callable[[Host], Awaitable[Any]], concurrency: int = 5) -> Any:
    async def main() -> Any:
        return await use(Paces(delay, concurrency).host("jobs.example.org"))

    return run(main())


@pytest.mark.parametrize(
    ("delay", "takes", "expected"),
    [
        (1.0, 0.0, [0, 1, 2, 3]),
        (1.0, 0.4, [0, 1, 2, 3]),  # from start to start
        (1.0, 2.5, [0, 2.5, 5, 7.5]),  # but never two at a time
        (0.0, 0.0, [0, 0, 0, 0]),
        (0.0, 2.0, [0, 2, 4, 6]),
    ],
)
def test_a_pause_between_two_requests(delay: float, takes: float, expected: list[float]) -> None:
    assert on_host(delay, lambda host: starts(host, 4, takes)) == expected


@pytest.mark.parametrize(
    ("crawl_delay", "pause"), [(None, 1.0), (0.2, 1.0), (5.0, 5.0), (86400.0, LONGEST_PAUSE), (0.0, 1.0)]
)
def test_crawl_delay_only_lengthens_the_pause(crawl_delay: float | None, pause: float) -> None:
    async def use(host: Host) -> list[float]:
        host.asks_for(crawl_delay)
        return await starts(host, 2)

    assert on_host(1.0, use) == [0, pause]


def test_crawl_delay_counts_from_the_request_that_told_of_it() -> None:
    async def use(host: Host) -> float:
        clock = asyncio.get_running_loop().time
        await starts(host, 1)
        asked = clock()
        host.asks_for(5.0)
        await starts(host, 1)
        return round(clock() - asked, 6)

    assert on_host(1.0, use) == 5.0


def test_hosts_do_not_wait_for_one_another_but_for_a_slot() -> None:
    async def main() -> list[float]:
        paces, times = Paces(60.0, 2), list[float]()

        async def request(name: str) -> None:
            async with paces.host(name):
                times.append(asyncio.get_running_loop().time())
                await asyncio.sleep(10)

        await asyncio.gather(*(request(f"{i}.example.org") for i in range(5)))
        return [time - times[0] for time in times]

    assert run(main()) == [0, 0, 10, 10, 20]


def test_waiting_for_ones_turn_takes_no_slot() -> None:
    """A host with a long pause does not keep others from being asked."""

    async def main() -> list[tuple[str, float]]:
        paces, times = Paces(60.0, 1), list[tuple[str, float]]()
        begun = asyncio.get_running_loop().time()

        async def request(name: str) -> None:
            async with paces.host(name):
                times.append((name, asyncio.get_running_loop().time() - begun))

        await asyncio.gather(request("a"), request("a"), request("b"), request("c"))
        return times

    assert run(main()) == [("a", 0), ("b", 0), ("c", 0), ("a", 60)]


def test_a_short_rest_is_waited_for() -> None:
    async def use(host: Host) -> list[float]:
        begun = asyncio.get_running_loop().time()
        host.answered(retry_after=20)
        async with host:
            return [asyncio.get_running_loop().time() - begun]

    assert on_host(1.0, use) == [20]


def test_a_long_rest_is_refused_until_it_is_over() -> None:
    async def use(host: Host) -> None:
        host.answered(retry_after=600)
        with pytest.raises(
            Fault, match=r"the host jobs.example.org asked to be left alone; .* for 600 seconds"
        ) as fault:
            await starts(host, 1)
        assert (fault.value.transient, fault.value.again, fault.value.retry_after) == (True, False, 600)
        await asyncio.sleep(600 - LONGEST_WAIT)
        assert await starts(host, 1) == [0]

    on_host(1.0, use)


def test_a_host_that_fails_rests_longer_and_longer_and_is_tried_once_in_between() -> None:
    async def use(host: Host) -> list[float]:
        rests: list[float] = []
        for _ in range(6):
            host.failed()
        for _ in range(8):
            with pytest.raises(Fault, match="times in a row") as fault:
                await starts(host, 1)
            assert fault.value.retry_after is not None
            rests.append(round(fault.value.retry_after))
            await asyncio.sleep(fault.value.retry_after)
            async with host:
                host.failed()
        host.answered()
        return rests

    assert on_host(0.0, use) == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_one_answer_makes_up_for_failures() -> None:
    async def use(host: Host) -> list[float]:
        for _ in range(5):
            host.failed()
        host.answered()
        for _ in range(5):
            host.failed()
        return await starts(host, 2)

    assert on_host(1.0, use) == [0, 1]


def test_who_is_cancelled_gives_the_turn_back() -> None:
    async def use(host: Host) -> list[float]:
        async def never() -> None:
            async with host:
                await asyncio.Event().wait()

        tasks = [asyncio.ensure_future(never()) for _ in range(3)]
        await asyncio.sleep(5)
        for task in tasks:
            task.cancel()
        return await starts(host, 2)

    assert on_host(1.0, use) == [0, 1]


@settings(deadline=None)
@given(st.floats(0, 100), st.lists(st.floats(0, 20), min_size=1, max_size=8))
def test_two_starts_are_never_closer_than_the_pause(delay: float, lengths: list[float]) -> None:
    async def use(host: Host) -> list[float]:
        times: list[float] = []

        async def request(length: float) -> None:
            async with host:
                times.append(asyncio.get_running_loop().time())
                await asyncio.sleep(length)

        await asyncio.gather(*map(request, lengths))
        return times

    times = on_host(delay, use)
    assert len(times) == len(lengths)
    assert all(later - earlier >= delay - 1e-6 for earlier, later in pairwise(times))
