"""
The accent colours of which a site has one: what marks actions and work under way.

Each is a hue that ``style.css`` knows by its name. None is red or
yellow: red means loss or error, yellow new.
"""

PINE = "pine"
# What mails show, which know no style sheet; white text on it has a contrast of at least 4.5:1.
ACCENTS = {
    "moss": "#4f7638",
    PINE: "#1b7a5a",
    "teal": "#007a7b",
    "lake": "#007494",
    "blue": "#3f6aa1",
    "indigo": "#5e61a1",
    "violet": "#765997",
    "plum": "#8c5180",
}
