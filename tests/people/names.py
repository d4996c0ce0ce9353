# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names and workplaces of the invented people, and the named ones. Family
names are composed of nouns and are borne by no family."""

GIVEN = """
Åse Øystein Ærlend Bjørg Håkon Sølvi Kåre Tøger Gørild Pål Jørund Bård Mårten
Sigrid Torvald Ingrid Halvor Ragna Eirik Solveig Aslak Turid Gunhild Leiv Oddny
Svein Torbjørg Knut Aud Arnfinn Hilde Kjell Marit Nils Olaug Per Randi Steinar
Tora Ulf Vigdis Yngve Birk Ronja Storm Saga Mikkel Lærke Falk Iben Ánte Máret
Áilu Biret Amina Yusuf Ewa Jakub Fatou Linh Sinéad Zoë
""".split()
FIRST = """
Måne Tåke Frost Torden Regnbue Stjerne Lyng Blåbær Tyttebær Multe Ugle Mose
Nordlys Skare Dogg Eventyr Trollunge Nattljos Kvitveis Blåklokke Rogn Snøkrystall
Solstråle Vårløsning Høstløv Fjærlett Småstein Grønnkløver
""".split()
LAST = """
dans glimt bekk hei sti topp tind bru stue tun øy ås vatn heim krå hylle fløte
skog myr drøm
""".split()
# Names that break programs with assumptions about names.
ODD = [
    ("Ánte", "Čáhceloddi"), ("Máret", "Guovssahasdánsa"),
    ("Sinéad", "O'Tåkedal"), ("Linh", "Nguyễn-Stjernesti"),
    ("Anne-Grøt", "von und zu Tåkeheim"), ("Æ", "Å"), ("Ole Jakob", "D’Frosttind"),
    ("Zoë", "Łąka-Månebru"), ("Ivar Aslak", "Sámeeallin"),
]

UNITS = {
    "ansatte": ["Plan og byggesak", "Økonomi", "Kultur", "Vei og park",
                "Vann og avløp", "Servicetorget", "Barnevern"],
    "pleie": ["Hjemmetjenesten", "Sjukeheimen", "Omsorgsbolig Åsen"],
    "kongsberg": ["Tåkelia skole", "Sølvglimt ungdomsskole"],
    "notodden": ["Blåbærhaugen skole", "Lynghei ungdomsskole"],
    "tinn": ["Fossesprut skule", "Gaustaglimt ungdomsskule"],
}
TITLES = {
    "ansatte": ["rådgiver", "konsulent", "saksbehandler", "fagarbeider",
                "avdelingsleder", "ingeniør"],
    "pleie": ["sykepleier", "helsefagarbeider", "vernepleier"],
    "laerere": ["lærer", "adjunkt", "lektor"],
    "folkevalgte": ["kommunestyremedlem", "varamedlem"],
    "gjester": ["innleid konsulent", "revisor"],
}

# The named people of the demo and the stories: municipality, group, given name,
# family name, attributes of the entry, note. `same` refers to an earlier entry
# of the same person.
NAMED = [
    ("kongsberg", "ansatte", "Åse", "Østby-Månedans",
     {"uid": "ase.ostby", "hrPosition": 60, "title": "rådgiver",
      "ou": "Plan og byggesak"},
     "works in two municipalities, 60 % here"),
    ("notodden", "elever", "Mikkel", "Regnbueskog",
     {"uid": "mikkel.regnbueskog", "ou": "Lynghei ungdomsskole"},
     "pupil; not at night"),
    ("notodden", "laerere", "Lærke", "Bøketåke",
     {"uid": "laerke.boketake", "hrPosition": 100, "title": "lektor",
      "ou": "Lynghei ungdomsskole"},
     "teacher"),
    ("tinn", "elever", "Ronja", "Fossesprut",
     {"uid": "ronja.fossesprut", "ou": "Fossesprut skule", "consent": True},
     "pupil with a guardian's consent"),
    ("tinn", "elever", "Birk", "Trollungetind",
     {"uid": "birk.trollungetind", "ou": "Fossesprut skule"},
     "pupil without a guardian's consent"),
    ("notodden", "laerere", "Åse", "Østby-Månedans",
     {"uid": "ase.ostby", "hrPosition": 40, "title": "lærer",
      "ou": "Blåbærhaugen skole", "same": "ase.ostby@kongsberg.example"},
     "the same Åse, 40 % here"),
    ("kongsberg", "folkevalgte", "Gaute", "Tordendrøm",
     {"uid": "gaute.tordendrom", "title": "kommunestyremedlem"},
     "politician"),
    ("tinn", "gjester", "Sinéad", "O'Tåkedal",
     {"uid": "sinead.otakedal", "title": "revisor"},
     "guest until 2027-06-30"),
    ("kongsberg", "pleie", "Ánte", "Čáhceloddi",
     {"uid": "ante.cahceloddi", "hrPosition": 80, "title": "sykepleier",
      "ou": "Hjemmetjenesten"},
     "nurse, role health"),
    ("notodden", "pleie", "Linh", "Nguyễn-Stjernesti",
     {"uid": "linh.stjernesti", "hrPosition": 10, "title": "helsefagarbeider",
      "ou": "Hjemmetjenesten"},
     "nurse in a ten per cent position"),
    ("tinn", "ansatte", "Kjell", "Kvitveisheim",
     {"uid": "kjell.kvitveisheim", "hrPosition": 100, "title": "ingeniør",
      "ou": "Vann og avløp"},
     "employee"),
]
