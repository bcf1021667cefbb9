// An unguarded server on stdio, of the line that is asked for: it says on stderr what it runs.

import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

function tools<T extends McpServer | McpServerV1>(server: T): T {
  const inputSchema = z.object({ command: z.string() })
  const run = async ({ command }: { command: string }) => {
    process.stderr.write(`${command}\n`)
    return { content: [{ type: 'text' as const, text: `ran ${command}` }] }
  }
  if (server instanceof McpServer) server.registerTool('bash', { inputSchema }, run)
  else server.registerTool('bash', { inputSchema }, run)
  return server
}

const info = { name: 'ops', version: '1' }
if (process.argv[2] === 'v1') await tools(new McpServerV1(info)).connect(new StdioServerTransport())
else serveStdio(() => tools(new McpServer(info)))
