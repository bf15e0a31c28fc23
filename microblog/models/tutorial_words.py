"""
The tutorial's words for a user's tasks, so that its chapter can be followed line by line.

Thin names for what ``Task`` does; the site itself uses none of them. Tasks build on users, so their model is
known here only by the name that it gave this side: ``backref="tasks"``.
"""


class TutorialWords:
    def launch_task(self, name, description, **arguments):
        """Launch the job of that *name* for this user and return the task, which is committed already."""
        return self.tasks.model.launch_named(name, self, description, **arguments)

    def get_tasks_in_progress(self):
        """The unfinished tasks, a list, oldest first."""
        return list(self.tasks.model.in_progress(self))

    def get_task_in_progress(self, name):
        """The unfinished task of the job of that *name*; None if there is none."""
        return next((task for task in self.get_tasks_in_progress() if task.name == name), None)
