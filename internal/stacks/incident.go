package stacks

var incidentResponse = Stack{
	Name:    "incident-response",
	Summary: "incidents and production debugging, with an emergency budget that expires",
	sessions: []Sessions{{Who: "oncall", Users: 14, Weekday: 9, Weekend: 0.6, Gap: 75, Outcome: "mitigated_by_plan", Good: 0.83, Flows: []Flow{
		{Track: "triage", Template: "prompts/triage.md", Model: "claude-haiku-5-5", Sources: []string{"runbooks/checkout", "runbooks/search", "runbooks/mail"}, Calls: 3.2,
			Prefix: 600, Input: Size{1900, 4300}, Output: Size{150, 260}, First: 310, PerToken: 5.2},
		{Track: "investigation", Template: "CLAUDE.md", Model: "claude-sonnet-5-5", Sources: []string{"logs/application", "traces", "metrics", "runbooks"}, Calls: 16,
			Prefix: 21_000, Carry: true, Input: Size{2300, 7600}, Output: Size{420, 1150}, First: 900, PerToken: 11.5},
		{Track: "communication", Template: "prompts/status-update.md", Model: "claude-haiku-5-5", Calls: 2.6,
			Prefix: 520, Input: Size{900, 2100}, Output: Size{140, 230}, First: 310, PerToken: 5.2},
		{Track: "post_mortem", Template: "CLAUDE.md", Model: "claude-sonnet-5-5", Sources: []string{"incidents/timeline"}, Calls: 1.8,
			Prefix: 21_000, Carry: true, Input: Size{3800, 9500}, Output: Size{1300, 3400}, First: 900, PerToken: 11.5},
	}}},
}
