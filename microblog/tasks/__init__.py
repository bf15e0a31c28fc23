"""
Background work that always ends truthfully.

A task that was accepted ends in exactly one visible state, in bounded time, and that state is true, whatever
is killed, restarted, emptied or unreachable in between. The row in SQLite is the truth; the queue message in
Redis only wakes a worker.

::

    launch -> queued -- claim --> running -- ok --------------------> succeeded
                ^                    |  consumer gone, stopped, will retry
                +--------------------+
                                     |- asked by the user ----------> cancelled
                                     +- attempts used up, or past mending -> failed (reason)

Read in this order, each file imports only from those before it:

- ``states``, ``exceptions``: the states with their transitions, which triggers enforce; what can be raised
- ``consumer_lock``, ``message_store``: which consumers are alive; where queue messages lie
- ``jobs``, ``queue``: the registry of jobs; the Huey instance and its messages
- ``claims``: which row a worker may claim
- ``work_item``: a row that is claimed, worked on and finished; each write that leaves a state
- ``progress``: from a task through Huey's ``progress`` signal to row and notification
- ``task_row``, ``task_lists``: what one task has and says of itself; which tasks there are
- ``task``: what a user asked for; launch, cancel, retry
- ``attempt``, ``task_filter``, ``failures``, ``figures``, ``hold``, ``activity``: for who runs the site
- ``worker``: what happens around a job
- ``crash_recovery``, ``reconciler``: running rows whose consumer is gone; due rows that no message stands for
- ``example``: the tutorial's first job

A new kind of work is one function with ``@job()`` in the folder of its feature.
"""
