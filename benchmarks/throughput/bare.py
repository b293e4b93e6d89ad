"""The least that any client has to do: send the same requests to the same server, and read the answers.

    python -m benchmarks.throughput.bare URL FILE CONCURRENCY

The file holds a request a line, as the server heard them.
"""

import asyncio
import json
import sys
from pathlib import Path

import aiohttp


async def send(url: str, bodies: list[bytes], concurrency: int) -> None:
    left = iter(bodies)
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector, headers={"Content-Type": "application/json"}) as session:

        async def worker() -> None:
            for body in left:
                async with session.post(f"{url}/chat/completions", data=body) as response:
                    assert json.loads(await response.read())["choices"][0]["message"]["content"]

        await asyncio.gather(*(worker() for _ in range(concurrency)))


if __name__ == "__main__":
    address, file, at_once = sys.argv[1:]
    asyncio.run(send(address, Path(file).read_bytes().splitlines(), int(at_once)))
