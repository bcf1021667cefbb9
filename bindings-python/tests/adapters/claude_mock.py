"""Plays the model for the real Claude Code: a mock of Anthropic's Messages API on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Calls = list[tuple[Any, ...]]
"""Tool calls of one turn, run in parallel: name, input and, when it matters, the call's id."""

Turn = Calls | str | Callable[[], Calls | str]
"""What the model does: tool calls, or a last word; or what tells it when its turn has come."""


class Model:
    """The scripted model.

    Args:
        turns: The main agent's turns.
        nested: The turns of its sub-agents, by a text in their first message.
    """

    def __init__(self, *turns: Turn, nested: dict[str, list[Turn]] | None = None) -> None:
        self.told: dict[str, str] = {}
        """What the model was told about a call, by the call's id: `call_1` and so on."""
        self._scripts = [*(nested or {}).items(), ("", list(turns))]
        self._made = 0
        self._lock = threading.Lock()
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                for event in model._answer(body):
                    data = json.dumps(event)
                    self.wfile.write(f"event: {event['type']}\ndata: {data}\n\n".encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def env(self, home: Path) -> dict[str, str]:
        """Variables that make Claude Code talk to this model, and keep to a home of its own."""
        return {
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{self._server.server_port}",
            "ANTHROPIC_API_KEY": "fake",
            "HOME": str(home),
            "CLAUDE_CONFIG_DIR": str(home / ".claude"),
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            # It refuses bypassPermissions to root elsewhere.
            "IS_SANDBOX": "1",
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        with self._lock:
            self._listen(body)
            turn = self._turn(body)
        blocks = [{"type": "text", "text": turn}] if isinstance(turn, str) else self._calls(turn)
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": "msg", "type": "message", "role": "assistant", "model": "scripted"}
        yield {"type": "message_start", "message": {**message, "content": [], "usage": usage}}
        for index, block in enumerate(blocks):
            at = {"index": index}
            if block["type"] == "text":
                empty: dict[str, Any] = {"text": ""}
                delta = {"type": "text_delta", "text": block["text"]}
            else:
                empty = {"input": {}}
                delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            yield {"type": "content_block_start", **at, "content_block": {**block, **empty}}
            yield {"type": "content_block_delta", **at, "delta": delta}
            yield {"type": "content_block_stop", **at}
        reason = "end_turn" if isinstance(turn, str) else "tool_use"
        yield {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}
        yield {"type": "message_stop"}

    def _turn(self, body: dict[str, Any]) -> Calls | str:
        # Claude Code asks for titles and the like as well, without tools.
        if not body.get("tools"):
            return "scripted"
        first = json.dumps(body["messages"][0])
        script = next(turns for mark, turns in self._scripts if mark in first)
        turn = script.pop(0) if script else "done"
        return turn() if callable(turn) else turn

    def _calls(self, calls: Calls) -> list[dict[str, Any]]:
        blocks = []
        for name, arguments, *named in calls:
            self._made += 1
            call_id = named[0] if named else f"call_{self._made}"
            blocks.append({"type": "tool_use", "id": call_id, "name": name, "input": arguments})
        return blocks

    def _listen(self, body: dict[str, Any]) -> None:
        for message in body.get("messages", []):
            content = message["content"]
            for block in content if isinstance(content, list) else []:
                if block.get("type") == "tool_result":
                    said = block.get("content")
                    text = said if isinstance(said, str) else json.dumps(said)
                    self.told[block["tool_use_id"]] = text
