"""Archive in, archive out: every row keeps its columns and gains its causes.

    run.py        score_archive: the whole way, into a file or a folder
    plan.py       what is fixed before: the columns, the model, where shards begin and end
    prepare.py    a shard's rows to distinct texts and errors; no model
    shard.py      distinct texts to intensities, table, bytes; `make_shard` is all of it
    local.py      the engine of one machine
    ray_engine.py the engine of many; ray_worker.py: what each of their processes does
    folder.py     the shards that are there and those that are not; manifest.py: from what and how
    columns.py, identity.py, report.py, ahead.py

An engine decides where and in which order shards are made, and nothing else: it fills a folder. It takes
those `ShardRows` of `Plan.shards` that `ShardFolder.keeps` does not find, gives each to
`make_shard(plan, rows, tagger)` in any process that has the plan's model (computing with the manifest's
kernel and threads), and writes what comes back in any order: here by `ShardFolder.write`, elsewhere by
`write_shard`, and `ShardFolder.has` takes note. A shard's bytes depend on these three arguments alone, so
engines can take turns on a folder.
"""
