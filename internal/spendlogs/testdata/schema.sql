-- The columns of LiteLLM's spend logs as its schema publishes them, and one of its tables of daily sums.
CREATE TABLE "LiteLLM_SpendLogs" (
  "request_id" TEXT PRIMARY KEY,
  "call_type" TEXT NOT NULL,
  "api_key" TEXT NOT NULL DEFAULT '',
  "spend" DOUBLE PRECISION NOT NULL DEFAULT 0.0,
  "total_tokens" INTEGER NOT NULL DEFAULT 0,
  "prompt_tokens" INTEGER NOT NULL DEFAULT 0,
  "completion_tokens" INTEGER NOT NULL DEFAULT 0,
  "startTime" TIMESTAMP(3) NOT NULL,
  "endTime" TIMESTAMP(3) NOT NULL,
  "completionStartTime" TIMESTAMP(3),
  "model" TEXT NOT NULL DEFAULT '',
  "model_id" TEXT DEFAULT '',
  "model_group" TEXT DEFAULT '',
  "custom_llm_provider" TEXT DEFAULT '',
  "api_base" TEXT DEFAULT '',
  "user" TEXT DEFAULT '',
  "metadata" JSONB DEFAULT '{}',
  "cache_hit" TEXT DEFAULT '',
  "cache_key" TEXT DEFAULT '',
  "request_tags" JSONB DEFAULT '[]',
  "team_id" TEXT,
  "organization_id" TEXT,
  "end_user" TEXT,
  "requester_ip_address" TEXT,
  "messages" JSONB DEFAULT '{}',
  "response" JSONB DEFAULT '{}',
  "session_id" TEXT,
  "status" TEXT,
  "mcp_namespaced_tool_name" TEXT,
  "agent_id" TEXT,
  "proxy_server_request" JSONB DEFAULT '{}'
);
CREATE INDEX ON "LiteLLM_SpendLogs" ("startTime");
CREATE TABLE "LiteLLM_DailyTagSpend" ("id" TEXT PRIMARY KEY, "tag" TEXT, "date" TEXT, "spend" DOUBLE PRECISION);

-- A table of a first version: the columns that came later are not there.
CREATE SCHEMA "first";
CREATE TABLE "first"."LiteLLM_SpendLogs" AS SELECT * FROM "LiteLLM_SpendLogs";
ALTER TABLE "first"."LiteLLM_SpendLogs" DROP "session_id", DROP "status", DROP "agent_id", DROP "mcp_namespaced_tool_name",
  DROP "model_group", DROP "organization_id", DROP "response", DROP "messages", DROP "proxy_server_request", DROP "completionStartTime";

-- A table that somebody migrated: other types for the same values.
CREATE SCHEMA "moved";
CREATE TABLE "moved"."Spend.Logs" AS SELECT * FROM "LiteLLM_SpendLogs";
ALTER TABLE "moved"."Spend.Logs" ALTER "startTime" TYPE TIMESTAMPTZ, ALTER "endTime" TYPE TIMESTAMPTZ, ALTER "metadata" TYPE JSON,
  ALTER "response" TYPE JSON, ALTER "request_tags" TYPE TEXT;

CREATE SCHEMA "policed";
CREATE TABLE "policed"."LiteLLM_SpendLogs" (LIKE "LiteLLM_SpendLogs");
ALTER TABLE "policed"."LiteLLM_SpendLogs" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "own team" ON "policed"."LiteLLM_SpendLogs" USING ("team_id" = current_user);

CREATE ROLE "nobody" LOGIN PASSWORD 'nothing to see';
GRANT USAGE ON SCHEMA "first", "policed" TO "nobody";
GRANT SELECT ON "policed"."LiteLLM_SpendLogs" TO "nobody";
GRANT SELECT ("request_id", "startTime", "model", "prompt_tokens", "completion_tokens") ON "first"."LiteLLM_SpendLogs" TO "nobody";

-- More rows than any buffer between the server and us holds.
CREATE VIEW "many" AS SELECT 'req-' || n AS "request_id", 'acompletion' AS "call_type", 100 AS "prompt_tokens", 10 AS "completion_tokens",
  110 AS "total_tokens", 'gpt-4o' AS "model", TIMESTAMP '2026-05-01' + n * INTERVAL '1 second' AS "startTime", jsonb_build_object() AS "metadata"
  FROM generate_series(1, 200000) n;

-- The same, sent by a server that waits amid the rows, so that a test can act while they are on their way.
CREATE FUNCTION "pause"(t TEXT) RETURNS TEXT LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM pg_sleep(60); RETURN t; END $$;
CREATE VIEW "pausing" AS SELECT "request_id", "call_type", "prompt_tokens", "completion_tokens", "total_tokens",
  CASE WHEN "request_id" = 'req-100000' THEN "pause"("model") ELSE "model" END AS "model", "startTime", "metadata" FROM "many";
