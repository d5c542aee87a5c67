"""The words between the tables of the reference pages."""

HEAD = "<!-- Made by `python -m pipewarden_plan.reference` from {source}: change that, not this page. -->"
INTRODUCTION = (
    "Pipelines stand in `config/pipelines/<team>.yaml`: one file is one team is one stack. Environments stand in "
    "`config/environments/<environment>.yaml`. `config/schema` holds JSON Schemas of both for editors.\n\n"
    "Scalars are read by the YAML 1.2 core schema: `on`, `off`, `yes` and `no` are words, `10:30` is text, `0o17` is "
    "octal. A number with a leading zero stays text (`0123`, an account id). Anchors, aliases, merge keys, tags and "
    "several documents in one file are refused.\n\n"
    "`$(env)`, `$(account)` and `$(region)` are filled in wherever text stands. What is wrong is told with file, line "
    "and cure; [errors](errors.md) lists every kind."
)
ABOUT_ACTIONS = (
    "What stands under `actions:` of a resource, by a name of your choice. [Actions](actions.md) says what is done "
    "when, and what it needs. Keys of every action, beside those of its kind:"
)
ABOUT_ERRORS = (
    "Each finding has the file, the line, the path, what is wrong and, where one is known, the cure. Ids keep their "
    "meaning: PW0xx is about files and YAML, PW1xx about keys and values, PW2xx about pipelines, PW3xx about "
    "environments, PW5xx about alarms that could never fire ([each explained](can-it-fire.md)). Errors keep an "
    "environment from being planned; warnings do not."
)
ABOUT_COSTS = (
    "`pipewarden cost ENV` adds up what the watching itself costs in a month of 730 hours: alarms, composite alarms, "
    "dashboards, our own metrics, the key, and the calls of our functions. `pipewarden plan` shows the sum of each "
    "pipeline. What the pipelines themselves cost is not part of it.\n\n"
    "`budget: {monitoring: 2 USD per pipeline}` in an environment refuses a plan in which a pipeline's own lines cost "
    "more; `budget: {monitoring: 300 USD}` holds the whole environment. Both are checked by `validate`, with what is "
    "dearest in the message ([PW421](errors.md)).\n\n"
    "What runs of Glue jobs cost is judged by `expect: {cost: {per_run: 5 USD, per_day: 50 USD}}`, and shown on the "
    "executive dashboard: the DPU-hours of [`RunDPUHours`](metrics.md) or `RunFlexDPUHours` times the list price "
    "below. The plan turns dollars into DPU-hours, so the alarm's threshold is an amount of them. The price is that of "
    "the region below wherever the pipeline runs, and runs on memory-optimized workers have none: they stand in hours "
    "beside it. What an invocation of a function costs is not known: its memory is in no metric.\n\n"
    "A metric of ours is paid for by the hour in which it has data: a nightly run sends data in one hour a day. A "
    "pipeline without a `schedule` is taken to send data in every hour, and its runs are not counted: declare the "
    "schedule, and the bill gets smaller and truer. Incidents (pages, retries, drains) are not counted either; they "
    "cost fractions of a cent each.\n\n"
    "Limits of what AWS charges for the pipelines themselves are `spending:` (AWS Budgets) and `cost_anomalies:` "
    "(AWS Cost Anomaly Detection) of an environment, see [the declaration](declaration.md#spending). Both tell the "
    "page topic of their severity by themselves, in AWS's own words, and look a few times a day: they tell, and stop "
    "nothing."
)
ABOUT_USAGE = (
    "Seconds are what a call of one of our functions is taken to run; units of the table and bytes of the log are for "
    "one handled run. They are estimates on the safe side, and together a small part of the sum. "
    "How much an alarm on a log query reads nobody knows beforehand: each run is taken to read that many gigabytes "
    "(a megabyte); the bill says what it was."
)
ABOUT_PRESETS = (
    "A preset is a named bundle: expectations of a pipeline, what each resource of a type gets, and resources that it "
    "adds. A pipeline takes some with `use:`, and `defaults: {use: [...]}` gives them to every pipeline of a file:\n\n"
    "```yaml\ncustomer-import:\n  use: [batch-nightly, {lake-quality: {table: customers}}]\n"
    "  resources:\n    load: {type: glue-job, job_name: customer-load}\n```\n\n"
    "What is declared goes over what a preset says, key by key; a later preset goes over an earlier one; both go over "
    "the file's `defaults`. What comes of it is checked like anything else that is declared: an error in it names the "
    "preset and its line. `pipewarden presets` lists all presets, `pipewarden presets NAME` shows one, and `pipewarden "
    "plan` what a pipeline gets. An environment's `overrides` change what came of presets, not which are used."
)
ABOUT_OWN_PRESETS = (
    "A project's own presets stand in `config/presets/<preset>.yaml`; they are used like those above and must have "
    "other names."
)
