"""Attacks on what processes of a machine share by number or name, where no IPC namespace keeps it apart."""

from attacks.attack import REFUSED, Attack

QUEUES = (
    Attack("read a queue", "on_queues.reads_queue", REFUSED, "takes a message of others", {"queue": "$queue"}),
    Attack("write to a queue", "on_queues.writes_queue", REFUSED, "sends others a message", {"queue": "$queue"}),
    Attack("search for queues", "on_queues.searches_queues", REFUSED, "tries all numbers", {"most": 100}),
    *(
        Attack(
            f"{what} {name}",
            "on_queues.controls",
            REFUSED,
            f"{tries} of others",
            {"name": name, "number": number, "command": command},
        )
        for name, number in (("msgctl", "$queue"), ("semctl", "$semaphore"), ("shmctl", "$memory"))
        for what, tries, command in (("remove by", "removes what is", 0), ("look by", "looks at what is", 2))
    ),
    Attack(
        "set a semaphore",
        "on_queues.sets_semaphore",
        REFUSED,
        "lets others through",
        {"number": "$semaphore", "value": 7},
    ),
    *(
        Attack(
            f"raise by {name}",
            "on_queues.raises_semaphore",
            REFUSED,
            "the same",
            {"name": name, "number": "$semaphore"},
        )
        for name in ("semop", "semtimedop")
    ),
    Attack("attach memory", "on_queues.reads_memory", REFUSED, "reads shared memory of others", {"number": "$memory"}),
    Attack(
        "remove a named queue",
        "on_queues.removes_named_queue",
        REFUSED,
        "removes a queue of others",
        {"name": "$named"},
    ),
    *(
        Attack(name, "on_queues.uses", REFUSED, "uses a queue or memory", {"name": name})
        for name in ("shmdt", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr")
    ),
)
