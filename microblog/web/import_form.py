"""What is to be brought here from a file, besides one's own posts, and of which days."""

from datetime import datetime, time

from flask_babel import get_timezone
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField
from wtforms.validators import Optional, ValidationError

from microblog.base.clock import in_microseconds
from microblog.web.forms import Form


class ImportForm(Form):
    """Whom to follow is no field of it: a list of names."""

    reply = BooleanField()
    repost = BooleanField()
    profile = BooleanField()
    first = DateField(_l("From this day on"), [Optional()])
    last = DateField(_l("Up to this day"), [Optional()])

    def validate_last(self, field):
        if self.first.data and field.data < self.first.data:
            raise ValidationError(_l("This day is before the first one."))

    def choices(self, follow):
        """What was chosen, as an import stores it; days are the reader's, *follow* is a list of names."""
        chosen = {name: self[name].data for name in ("reply", "repost", "profile")} | {"follow": follow}
        if self.first.data:
            chosen["first"] = _time_of(self.first.data, time.min)
        if self.last.data:
            chosen["last"] = _time_of(self.last.data, time.max)
        return chosen


def _time_of(day, clock_time):
    return in_microseconds(datetime.combine(day, clock_time, get_timezone()))
