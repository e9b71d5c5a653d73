//! What the people of the demonstration are called, do and say. Invented.

/// Given name, family name.
pub const ALUMNI: [(&str, &str); 40] = [
    ("Amara", "Okafor"),
    ("Beatriz", "Carvalho"),
    ("Chen", "Liwei"),
    ("Dalia", "Haddad"),
    ("Edwin", "Castillo"),
    ("Fatima", "Zahra"),
    ("Gregor", "Lindqvist"),
    ("Hana", "Kobayashi"),
    ("Imran", "Qureshi"),
    ("Jelena", "Marković"),
    ("Kwame", "Mensah"),
    ("Lucía", "Ferrer"),
    ("Mateus", "Rocha"),
    ("Nadia", "Benali"),
    ("Oskar", "Nowak"),
    ("Priya", "Raghavan"),
    ("Quentin", "Delacroix"),
    ("Rosalind", "Achterberg"),
    ("Samir", "Bhatt"),
    ("Tomasz", "Zieliński"),
    ("Uma", "Iyer"),
    ("Valentina", "Russo"),
    ("Wanjiru", "Kamau"),
    ("Xiomara", "Delgado"),
    ("Yusuf", "Demir"),
    ("Zoë", "Vandermeer"),
    ("Aroha", "Tamati"),
    ("Björn", "Halvorsen"),
    ("Camille", "Tremblay"),
    ("Declan", "Murphy"),
    ("Esther", "Goldberg"),
    ("Farhad", "Karimi"),
    ("Grace", "Nakamura"),
    ("Henrik", "Sørensen"),
    ("Ines", "Pereira"),
    ("Jamal", "Whitaker"),
    ("Katarzyna", "Wójcik"),
    ("Leila", "Rahimi"),
    ("Marcus", "Oyelaran"),
    ("Noor", "Siddiqui"),
];

/// Headline, employer, field.
pub const WORK: [(&str, &str, &str); 40] = [
    (
        "Learning designer for hospitals",
        "Northside Health",
        "Learning design",
    ),
    (
        "Turns research into classroom games",
        "Paper Kite Studio",
        "Educational games",
    ),
    (
        "Data person in a school district",
        "Maple County Schools",
        "Learning analytics",
    ),
    (
        "Product manager for reading apps",
        "Lantern Books",
        "Product management",
    ),
    (
        "UX researcher, formerly a teacher",
        "Harbor Systems",
        "UX research",
    ),
    (
        "Builds onboarding for engineers",
        "Cobalt Works",
        "Corporate learning",
    ),
    ("Accessibility lead", "Openway", "Accessibility"),
    (
        "Curriculum architect for coding schools",
        "Fern Academy",
        "Curriculum",
    ),
    (
        "Policy analyst on digital learning",
        "Civic Learning Institute",
        "Education policy",
    ),
    (
        "Motion designer who explains things",
        "Studio Sedge",
        "Media design",
    ),
    (
        "Teacher trainer for rural schools",
        "Baobab Trust",
        "Teacher education",
    ),
    (
        "Content strategist for museums",
        "Museo Abierto",
        "Museum learning",
    ),
    ("Front-end developer for courseware", "Tidepool", "Software"),
    (
        "Language learning, speech and tests",
        "Parlance",
        "Language learning",
    ),
    (
        "Instructional designer in logistics",
        "Vistula Freight",
        "Corporate learning",
    ),
    (
        "Machine learning for tutoring",
        "Brightleaf",
        "AI in education",
    ),
    (
        "Producer of documentary courses",
        "Canal Verité",
        "Media production",
    ),
    (
        "Learning experience lead at a bank",
        "Polder Bank",
        "Corporate learning",
    ),
    (
        "Founder of a homework helper",
        "Stepwise",
        "Entrepreneurship",
    ),
    (
        "Simulation designer for pilots",
        "Skyward Training",
        "Simulation",
    ),
    ("Assessment specialist", "Measure & Mend", "Assessment"),
    (
        "Service designer for public libraries",
        "Biblioteca Viva",
        "Service design",
    ),
    (
        "Mobile learning for farmers",
        "Shamba Digital",
        "Global development",
    ),
    (
        "Recruiter for education companies",
        "Hire Ground",
        "Recruiting",
    ),
    (
        "Game writer and narrative designer",
        "Copper Lamp",
        "Educational games",
    ),
    (
        "Design lead, portfolio enthusiast",
        "Brick & Byte",
        "Product design",
    ),
    (
        "Indigenous language technology",
        "Te Ara Labs",
        "Language learning",
    ),
    (
        "Virtual reality for trades",
        "Fjordcraft",
        "Immersive learning",
    ),
    (
        "Bilingual e-learning developer",
        "Érable Formation",
        "E-learning",
    ),
    (
        "Project manager for campus systems",
        "Shannon College",
        "Higher education",
    ),
    ("Learning scientist", "Cedar Research", "Learning science"),
    (
        "Community manager for teachers",
        "Teachers' Commons",
        "Community",
    ),
    (
        "Illustrator of science textbooks",
        "Inkwell Press",
        "Media design",
    ),
    (
        "Instructional technologist",
        "Aarhus Polytechnic",
        "Higher education",
    ),
    (
        "Customer education at a startup",
        "Saltmarsh",
        "Customer education",
    ),
    ("Youth program director", "Riverside Makers", "Nonprofit"),
    ("QA lead for learning platforms", "Granit", "Software"),
    (
        "Doctoral candidate, early literacy",
        "Juniper University",
        "Research",
    ),
    (
        "Sales engineer turned trainer",
        "Palmwine Tech",
        "Customer education",
    ),
    (
        "Science communicator on video",
        "Monsoon Media",
        "Science communication",
    ),
];

pub const TOPICS: [&str; 16] = [
    "portfolios",
    "first job",
    "changing careers",
    "learning design",
    "UX research",
    "data",
    "freelancing",
    "graduate school",
    "working abroad",
    "visas",
    "negotiating a salary",
    "teaching",
    "startups",
    "accessibility",
    "games",
    "management",
];

pub const OPENINGS: [&str; 8] = [
    "I took a detour to get to this work, and I would like to hear about yours.",
    "I graduated with a plan and threw it away within a year. **It was the right thing to do.**",
    "Ask me anything you would not dare ask in an interview.",
    "I read portfolios for a living, so I can tell you what happens in the first thirty seconds.",
    "Before this I taught for six years, and I still think like a teacher.",
    "I have hired about a dozen people and rejected many more; both taught me something.",
    "My first three applications went nowhere. The fourth one did, for a reason I can explain.",
    "I work across three time zones and have learned to write things down.",
];

pub const MIDDLES: [&str; 5] = [
    "Bring one thing that you want to leave with, however small.",
    "We can look at your material together or just talk it through.",
    "I prefer drafts to finished pieces: there is more to be done with them.",
    "If you are not sure what to ask, tell me where you are stuck.",
    "I am direct, but kind about it.",
];

pub const ENDINGS: [&str; 7] = [
    "Outside work I restore old bicycles.",
    "On weekends I sing in a choir.",
    "I write a small newsletter about learning at work.",
    "I am slowly learning to bake bread.",
    "Happy to talk in another language if that is easier for you.",
    "When nothing is due I go climbing.",
    "I keep bees, and will gladly tell you about them.",
];

/// Zones of the alumni; the first language of each after English.
pub const PLACES: [(&str, &str); 8] = [
    ("America/New_York", "Spanish"),
    ("America/Los_Angeles", "Mandarin"),
    ("America/Toronto", "French"),
    ("Europe/London", "Hindi"),
    ("Europe/Berlin", "German"),
    ("Africa/Nairobi", "Swahili"),
    ("Asia/Tokyo", "Japanese"),
    ("Australia/Sydney", "Arabic"),
];

/// Kind, title, description, minutes, question.
pub const SERVICES: [(&str, &str, &str, i16, &str); 10] = [
    (
        "resume",
        "Resume review",
        "We go through it line by line, for the jobs you want.",
        30,
        "Which job is it for?",
    ),
    (
        "portfolio",
        "Portfolio review",
        "Two or three projects, and what they say about you.",
        45,
        "Link to your portfolio",
    ),
    (
        "cover_letter",
        "Cover letter clinic",
        "From polite to convincing in half an hour.",
        30,
        "Which posting is it for?",
    ),
    (
        "networking",
        "A conversation about my field",
        "What the work is like, who does it, how people get in.",
        30,
        "",
    ),
    (
        "job_hunting",
        "Job hunt strategy",
        "Where to look, how many, when to stop.",
        45,
        "How is it going so far?",
    ),
    (
        "interview",
        "Practice interview",
        "Half an hour of questions, then fifteen minutes of feedback.",
        60,
        "Which kind of interview?",
    ),
    (
        "portfolio",
        "First look at a portfolio",
        "Nothing is too early to show.",
        30,
        "",
    ),
    (
        "resume",
        "From CV to one page",
        "Cutting is the hard part. We cut together.",
        40,
        "",
    ),
    (
        "networking",
        "Working abroad",
        "Visas, languages, and what nobody tells you.",
        30,
        "Which country?",
    ),
    (
        "other",
        "Stuck? Think aloud",
        "Bring a decision; leave with a next step.",
        30,
        "",
    ),
];

pub const STUDENTS: [&str; 60] = [
    "Abena Owusu",
    "Adrián Molina",
    "Aiko Tanaka",
    "Alina Popescu",
    "Anders Berg",
    "Anjali Menon",
    "Ayesha Malik",
    "Bao Nguyen",
    "Carla Esposito",
    "Chidi Nwosu",
    "Clara Dubois",
    "Dana Levi",
    "Diego Fuentes",
    "Elif Kaya",
    "Emeka Obi",
    "Eva Horvat",
    "Farah Aziz",
    "Felix Brandt",
    "Gabriela Santos",
    "Giulia Conti",
    "Hamza Idrissi",
    "Hye-jin Park",
    "Ivan Petrov",
    "Jana Kučera",
    "Jorge Ramos",
    "Julia Schmid",
    "Kamal Hossain",
    "Kavya Nair",
    "Lars Nyström",
    "Lena Fischer",
    "Linh Tran",
    "Luka Babić",
    "Maja Kos",
    "Malik Johnson",
    "Maria Silva",
    "Mei Wong",
    "Mila Jensen",
    "Miriam Katz",
    "Nils Andersson",
    "Nina Rossi",
    "Nkechi Eze",
    "Olga Ivanova",
    "Omar Farouk",
    "Paula Gómez",
    "Pedro Alves",
    "Rania Khoury",
    "Ravi Shah",
    "Rosa Jiménez",
    "Sara Lindholm",
    "Selam Tesfaye",
    "Shira Cohen",
    "Sofia Papadopoulou",
    "Tariq Hassan",
    "Thandi Dlamini",
    "Tiago Sousa",
    "Valeria Cruz",
    "Vikram Singh",
    "Yara Mansour",
    "Yuki Mori",
    "Zsófia Nagy",
];

pub const GOALS: [&str; 12] = [
    "I am applying for my first learning design job next month and my resume still reads like a student's.",
    "I would like to know whether a PhD makes sense for somebody who wants to work in industry.",
    "My portfolio has two projects that I like and five that I do not. Which stay?",
    "I have an interview next week and have never done one in English.",
    "I want to move from teaching to UX research and do not know how to tell the story.",
    "I am choosing between two internships.",
    "I need a second pair of eyes on a cover letter.",
    "I would like to hear what a normal week in your job looks like.",
    "I graduate in spring and have not started looking. Where do I begin?",
    "I was rejected three times after the first round and want to find out why.",
    "I am thinking of freelancing and am afraid of the numbers.",
    "I want to work abroad and do not know which countries are realistic.",
];

/// Joined to the goals: with 13 of them to 12 goals no two bookings of the demonstration say the same.
pub const CIRCUMSTANCES: [&str; 13] = [
    "I am in my last year.",
    "I have about ten hours a week for it.",
    "My family lives far from where the jobs are.",
    "I taught for two years before I came here.",
    "I have to decide by the end of the month.",
    "I have asked two friends, and they disagree.",
    "English is my third language.",
    "I work part-time at the library.",
    "My advisor suggested that I talk to somebody in the field.",
    "I would rather hear bad news early.",
    "So far I have only done this in class.",
    "I switched majors a year ago.",
    "I have a draft, and it is too long.",
];

pub const HELP: [&str; 6] = [
    "Please be blunt.",
    "Tell me what you would cut first.",
    "It would help to hear how you decided.",
    "",
    "Ask me the questions that you would ask a candidate.",
    "I learn best from examples.",
];

/// What the two people in a session say when they disagree.
pub const DISPUTE: [&str; 2] = [
    "I waited for fifteen minutes.",
    "I was in the meeting room the whole time, but alone.",
];

pub const THANKS: [&str; 7] = [
    "Thank you for reading it so closely. I rewrote the first page that evening, and it finally sounds like me.",
    "You asked the question I had been avoiding. I have two applications out now.",
    "Thank you! I would never have dared to send it without your encouragement.",
    "The list of people you gave me was worth its weight in gold. Three have already replied.",
    "I left with a plan for the next two weeks. That is more than I had hoped for.",
    "Thank you for being so honest about the gaps. I know what to practise.",
    "I got the interview! Your advice about the second project made the difference.",
];

pub const REASONS: [&str; 5] = [
    "An exam was moved to that day.",
    "I have caught a cold and would rather not pass it on, even by video.",
    "The deadline has passed, so I no longer need it. Thank you!",
    "A meeting came up that I cannot move. I am sorry.",
    "I found another time that suits me better.",
];

/// What students study.
pub const PROGRAMMES: [&str; 5] = [
    "MA Learning Design, second year",
    "BSc Psychology, third year",
    "MEd Education Policy",
    "BA Design, final year",
    "PhD Learning Sciences, first year",
];
