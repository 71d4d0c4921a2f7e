package stacks

// The agents that write the code: some 22 calls a session, on a prefix of the tool's own prompt and CLAUDE.md.
func coding(developers int, weekday float64) Sessions {
	return Sessions{Who: "dev", Users: developers, Weekday: weekday, Weekend: 0.2, Gap: 45, Flows: []Flow{
		{Track: "development", Feature: "coding", Template: "CLAUDE.md", Model: "claude-sonnet-5-5", Calls: 22,
			Prefix: 24_000, Carry: true, Input: Size{2200, 7000}, Output: Size{450, 1300}, First: 900, PerToken: 12},
	}}
}

var djangoNinjaOracle = Stack{
	Name:    "django-ninja-oracle",
	Summary: "a Django Ninja API on Oracle with enterprise sign-in: an insurer's claims desk",
	sessions: []Sessions{
		coding(4, 5),
		{Who: "user", Users: 24, Weekday: 45, Weekend: 0.25, Gap: 60, Outcome: "clause_found", Good: 0.86, Flows: []Flow{
			{Track: "retrieval", Feature: "coverage", Model: "text-embedding-3-large", Calls: 3, Input: Size{60, 150}, First: 90},
			{Track: "reasoning", Feature: "coverage", Template: "prompts/coverage-answer.md", Model: "claude-sonnet-5-5",
				Sources: []string{"policies/household", "policies/motor", "policies/liability"}, Calls: 3,
				Prefix: 600, Input: Size{2300, 3600}, Output: Size{300, 450}, First: 800, PerToken: 11},
		}},
		{Who: "job", Users: 1, Weekday: 2, Weekend: 0.25, Gap: 2, Flows: []Flow{
			{Track: "ingestion", Feature: "policy-import", Model: "text-embedding-3-large", Sources: []string{"policies/household", "policies/motor", "policies/liability"},
				Calls: 30, Input: Size{1800, 3000}, First: 140},
		}},
	},
}

var nestjsMySQLAuth0Prisma = Stack{
	Name:    "nestjs-mysql-auth0-prisma",
	Summary: "a NestJS API on MySQL with Prisma and Auth0: field service reports",
	sessions: []Sessions{
		coding(4, 5),
		{Who: "user", Users: 60, Weekday: 150, Weekend: 0.25, Gap: 240, Outcome: "report_accepted", Good: 0.91, Flows: []Flow{
			{Track: "extraction", Feature: "visit-report", Template: "prompts/visit-report.md", Model: "claude-haiku-5-5", Sources: []string{"parts"}, Calls: 1.3,
				Prefix: 620, Input: Size{1400, 3000}, Output: Size{280, 380}, First: 450, PerToken: 6},
			{Track: "reasoning", Feature: "repair-advice", Template: "prompts/repair-advice.md", Model: "claude-sonnet-5-5",
				Sources: []string{"manuals/heat-pumps", "manuals/boilers", "visits"}, Calls: 0.7,
				Prefix: 570, Input: Size{2900, 4600}, Output: Size{190, 310}, First: 800, PerToken: 11},
		}},
	},
}

var nuxtTursoClerkDrizzle = Stack{
	Name:    "nuxt-turso-clerk-drizzle",
	Summary: "a Nuxt 4 app on Turso with Drizzle and Clerk: study notes and quizzes",
	sessions: []Sessions{
		coding(3, 4),
		{Who: "user", Users: 200, Weekday: 90, Weekend: 0.7, Gap: 90, Outcome: "quiz_finished", Good: 0.72, Flows: []Flow{
			{Track: "retrieval", Feature: "quiz", Model: "text-embedding-3-small", Calls: 1.2, Input: Size{40, 110}, First: 80},
			{Track: "reasoning", Feature: "quiz", Template: "prompts/quiz.md", Model: "claude-haiku-5-5", Sources: []string{"notes"}, Calls: 1.2,
				Prefix: 700, Input: Size{2000, 3400}, Output: Size{520, 780}, First: 450, PerToken: 6},
		}},
		{Who: "import", Users: 200, Weekday: 22, Weekend: 0.7, Gap: 1, Flows: []Flow{
			{Track: "ingestion", Feature: "notes-import", Model: "text-embedding-3-small", Sources: []string{"notes"}, Calls: 4, Input: Size{2600, 8000}, First: 120},
		}},
	},
}

var remixMongoDBAuth0Mongoose = Stack{
	Name:    "remix-mongodb-auth0-mongoose",
	Summary: "a Remix app on MongoDB with Mongoose and Auth0: a property manager's inbox",
	sessions: []Sessions{
		coding(3, 4),
		{Who: "user", Users: 300, Weekday: 110, Weekend: 0.35, Gap: 4, Outcome: "sent_unchanged", Good: 0.58, Flows: []Flow{
			{Track: "triage", Feature: "sort", Template: "prompts/sort-message.md", Model: "claude-haiku-5-5", Sources: []string{"inbox"}, Calls: 1.1,
				Prefix: 540, Input: Size{420, 1100}, Output: Size{95, 130}, First: 400, PerToken: 6},
			{Track: "retrieval", Feature: "draft", Model: "text-embedding-3-small", Calls: 0.7, Input: Size{120, 330}, First: 80},
			{Track: "drafting", Feature: "draft", Template: "prompts/draft-reply.md", Model: "claude-sonnet-5-5", Sources: []string{"house-rules", "answers"}, Calls: 0.7,
				Prefix: 630, Input: Size{2300, 4200}, Output: Size{190, 290}, First: 800, PerToken: 11},
		}},
	},
}
