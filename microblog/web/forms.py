"""The forms that people fill in; the field names are part of the site's interface."""

import re

from flask import request
from flask_babel import get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, IntegerField, PasswordField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.meta import DefaultMeta
from wtforms.validators import EqualTo, InputRequired, Length, NumberRange, StopValidation, ValidationError

from microblog.base.accents import PINE
from microblog.base.addresses import BadAddress, checked
from microblog.base.database import LARGEST_ID
from microblog.base.i18n.languages import tag
from microblog.base.text import MAX_LENGTH, clean, is_blank
from microblog.models.report import LONGEST_REASON
from microblog.models.site import LONGEST_ABOUT, LONGEST_SENTENCE
from microblog.models.site import LONGEST_NAME as LONGEST_NAME_OF_SITE
from microblog.models.token import LONGEST_NAME
from microblog.security import security_log
from microblog.security.passwords import LONGEST, SHORTEST, check_password, normalized
from microblog.web.pagination import whole_number

USERNAME = re.compile(r"[A-Za-z0-9_]{3,32}")
LONGEST_EMAIL = 254
REQUIRED = InputRequired(_l("This cannot be empty."))
PASSWORD_LENGTH = Length(SHORTEST, LONGEST, _l("Use %(min)d to %(max)d characters."))
# By the server alone: a browser would silently cut what is pasted.
PASSWORD_LENGTH.field_flags = {}
# Names that are, or might one day be, pages of the site, or that pretend to speak for it.
RESERVED = set(
    """
    about abuse account accounts admin administrator anonymous api atom auth delete edit everybody everyone
    explore export export_posts favicon feed feeds follow followers following help home hostmaster imports
    index info invitations invite livez login logout mail me message messages microblog moderator new nobody
    none noreply notifications null password people popup post postmaster posts preferences privacy read
    readyz register reset robots root rss search security send_message sent session sessions settings setup
    staff static support system task tasks team terms tokens undefined unfollow user users webmaster www you
    """.split()  # noqa: SIM905 - so the next one is added without a quarrel about quotes
)


def status(form):
    """The HTTP status of a page with *form*: 422 if it is shown again because of an error in it."""
    return 422 if form.is_submitted() else 200


def cleaned(text):
    return clean(text or "")


class Form(FlaskForm):
    class Meta(FlaskForm.Meta):
        csrf = False  # `web.csrf` checks every request before any form is made.

        @property
        def locales(self):
            return str(get_locale()), "en"

        def get_translations(self, form):
            """WTForms' own, which it keeps; Flask-WTF would read the file of a catalogue for each request."""
            return DefaultMeta.get_translations(self, form)

        def wrap_formdata(self, form, formdata):
            if isinstance(formdata, MultiDict):
                return formdata
            # Flask-WTF would look for fields in files and in JSON as well: neither is a text.
            return request.form if form.is_submitted() else None


def valid_username(_form, field):
    if not USERNAME.fullmatch(field.data):
        raise ValidationError(_l("Use 3 to 32 letters from A to Z, digits or underscores."))
    if field.data.casefold() in RESERVED:
        raise ValidationError(_l("This name is reserved. Choose another."))


def not_blank(_form, field):
    if is_blank(field.data):
        if "".join(field.raw_data or ()).strip():
            # Something invalid, such as a lone surrogate, was removed by cleaning.
            raise StopValidation(_l("None of these characters can be seen."))
        raise StopValidation(_l("Write something first."))


def at_most(length):
    """A validator: at most *length* code points, after cleaning, as the database counts."""

    def check(_form, field):
        excess = len(field.data) - length
        if excess > 0:
            raise ValidationError(_too_many(excess))

    return check


def _too_many(excess):
    return ngettext(
        "That is %(num)d character too many. Shorten it.",
        "That is %(num)d characters too many. Shorten it.",
        excess,
    )


max_length = at_most(MAX_LENGTH)


class LoginForm(Form):
    username = StringField(_l("Username"), [REQUIRED], filters=[cleaned])
    password = PasswordField(_l("Password"), [REQUIRED])
    remember_me = BooleanField(_l("Keep me signed in on this device"))


def _password(label):
    return PasswordField(label, [REQUIRED, PASSWORD_LENGTH], filters=[_normalized])


def _repeated(label):
    same = EqualTo("password", _l("The two passwords differ. Type both again."))
    return PasswordField(label, [REQUIRED, same], filters=[_normalized])


def _normalized(text):
    # Before its length is measured.
    return normalized(text or "")


class NewPasswordForm(Form):
    password = _password(_l("New password"))
    password2 = _repeated(_l("New password again"))


class EmailForm(Form):
    email = StringField(_l("E-mail"), [REQUIRED], filters=[cleaned])

    def validate_email(self, field):
        try:
            address = checked(field.data)
        except BadAddress as error:
            raise ValidationError(gettext(str(error))) from error
        if len(address) > LONGEST_EMAIL:
            raise ValidationError(_l("This e-mail address is too long. Use another."))
        field.data = address


class RegistrationForm(EmailForm):
    username = StringField(_l("Username"), [REQUIRED, valid_username], filters=[cleaned])
    password = _password(_l("Password"))
    password2 = _repeated(_l("Password again"))


def one_line(text):
    return " ".join(cleaned(text).split())


class SetUpForm(RegistrationForm):
    """*site_name* and *sentence* may stay empty."""

    site_name = StringField(_l("Name of the site"), [at_most(LONGEST_NAME_OF_SITE)], filters=[one_line])
    sentence = StringField(_l("In one sentence"), [at_most(LONGEST_SENTENCE)], filters=[one_line])

    @property
    def site(self):
        """What it says of the site: fields of ``Site`` by name."""
        said = {"name": self.site_name.data, "sentence": self.sentence.data}
        return {field: text for field, text in said.items() if not is_blank(text)}


class SiteForm(Form):
    name = StringField(_l("Name"), [not_blank, at_most(LONGEST_NAME_OF_SITE)], filters=[one_line])
    sentence = StringField(_l("In one sentence"), [at_most(LONGEST_SENTENCE)], filters=[one_line])
    about = TextAreaField(_l("About the site, and its rules"), [at_most(LONGEST_ABOUT)], filters=[cleaned])
    accent = RadioField(
        _l("Colour"),
        choices=[
            SelectChoice("moss", _l("Moss")),
            SelectChoice(PINE, _l("Pine")),
            SelectChoice("teal", _l("Teal")),
            SelectChoice("lake", _l("Lake")),
            SelectChoice("blue", _l("Blue")),
            SelectChoice("indigo", _l("Indigo")),
            SelectChoice("violet", _l("Violet")),
            SelectChoice("plum", _l("Plum")),
        ],
    )


class ConfirmationForm(Form):
    """Asks for the user's own password; a wrong one is logged."""

    current_password = PasswordField(_l("Your password"), [REQUIRED])

    def validate(self, *args, **kwargs):
        # Last: whoever mistyped another field has not tried to guess a password.
        if not super().validate(*args, **kwargs):
            return False
        if not check_password(current_user, self.current_password.data):
            security_log.record("password-check-failed", current_user)
            self.current_password.errors.append(_l("That is not your password. Try again."))
        return not self.errors


class CodeForm(Form):
    code = StringField(_l("Your code"), [REQUIRED])


class SecondStepForm(CodeForm):
    remember_device = BooleanField(_l("Ask for no code in this browser for 30 days"))


class SecondFactorForm(ConfirmationForm, CodeForm):
    """To switch it on, ``secret`` is what the page has shown, signed."""

    secret = StringField()


class ChangeEmailForm(ConfirmationForm, EmailForm):
    pass


class ChangePasswordForm(ConfirmationForm, NewPasswordForm):
    current_password = PasswordField(_l("Your current password"), [REQUIRED])


class TokenForm(Form):
    name = StringField(
        _l("What is it for?"),
        [Length(max=LONGEST_NAME, message=_l("Use 64 characters at most."))],
        filters=[cleaned],
    )
    read_only = BooleanField(_l("It can only read"))


class ProgramForm(TokenForm):
    """How a program asks for a token; ``otp`` is checked together with the password."""

    otp = StringField()


class OnceForm(Form):
    """What is sent once: ``once`` is the token by which the same form is known when it comes again."""

    once = StringField()


class PostForm(OnceForm):
    post = TextAreaField(_l("What is happening?"), [not_blank, max_length], filters=[cleaned])
    language = StringField(filters=[tag])
    # The id of the post that it answers, if it answers one.
    reply_to = StringField()

    @property
    def answered(self):
        """That id; 0, which no post has, if it is none."""
        return whole_number(self.reply_to.data or "") or 0


class ReportForm(Form):
    reason = StringField(_l("What is wrong with it?"), [at_most(LONGEST_REASON)], filters=[one_line])


class MessageForm(OnceForm):
    message = TextAreaField(_l("Message"), [not_blank, max_length], filters=[cleaned])


class ShownForm(Form):
    """What a page has shown: the id of the newest."""

    newest = IntegerField(validators=[NumberRange(0, LARGEST_ID)])


class ShownListForm(ShownForm):
    """The same of a list, which one may leave before its end: the id of the oldest as well."""

    oldest = IntegerField(validators=[NumberRange(0, LARGEST_ID)])


def own_or_valid_username(form, field):
    """Whoever had a name before it was reserved keeps it."""
    if field.data.casefold() != current_user.username.casefold():
        valid_username(form, field)


class ProfileForm(Form):
    username = StringField(_l("Username"), [REQUIRED, own_or_valid_username], filters=[cleaned])
    about_me = TextAreaField(_l("About me"), [max_length], filters=[cleaned])
