"""Plays the model for the real Claude Code, on loopback: makes one call after another."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Model:
    """Makes the calls (name of a tool, its input) and keeps what it was told about them."""

    def __init__(self, calls):
        self.calls = list(calls)
        self.told = {}
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                for event in model.answer(body):
                    data = json.dumps(event)
                    self.wfile.write(f"event: {event['type']}\ndata: {data}\n\n".encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def env(self, home):
        return {
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{self.server.server_port}",
            "ANTHROPIC_API_KEY": "fake",
            "HOME": home,
            "CLAUDE_CONFIG_DIR": f"{home}/.claude",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "IS_SANDBOX": "1",
        }

    def answer(self, body):
        results = [
            block
            for message in body["messages"]
            if isinstance(message["content"], list)
            for block in message["content"]
            if block["type"] == "tool_result"
        ]
        for block in results:
            said = block["content"]
            self.told[block["tool_use_id"]] = said if isinstance(said, str) else said[0]["text"]
        block, delta, reason = self.next(body)
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": "msg", "type": "message", "role": "assistant", "model": "scripted"}
        yield {"type": "message_start", "message": {**message, "content": [], "usage": usage}}
        yield {"type": "content_block_start", "index": 0, "content_block": block}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
        yield {"type": "content_block_stop", "index": 0}
        yield {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}
        yield {"type": "message_stop"}

    def next(self, body):
        if not self.calls or not body.get("tools"):
            text = {"type": "text_delta", "text": "Done."}
            return {"type": "text", "text": ""}, text, "end_turn"
        call_id, name, arguments = self.calls.pop(0)
        block = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
        given = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
        return block, given, "tool_use"
