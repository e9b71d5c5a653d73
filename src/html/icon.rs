//! Icons (Lucide), drawn inline so that they cost no request.

use icondata_lu as lucide;
use maud::{Markup, PreEscaped, html};

/// Decoration next to a word that says the same; screen readers skip it.
fn draw(icon: icondata_core::Icon) -> Markup {
    html! {
        svg.icon viewBox=(icon.view_box.unwrap_or("0 0 24 24")) aria-hidden="true" focusable="false" {
            (PreEscaped(icon.data))
        }
    }
}

macro_rules! icons {
    ($($name:ident = $icon:ident,)*) => {$(
        pub fn $name() -> Markup {
            draw(lucide::$icon)
        }
    )*};
}

/// The icons that a kind of service can have: the word that is stored, and what people call it.
const KINDS: &[(&str, &str, icondata_core::Icon)] = &[
    ("document", "Document", lucide::LuFileText),
    ("image", "Picture", lucide::LuImage),
    ("letter", "Letter", lucide::LuMailOpen),
    ("pen", "Pen", lucide::LuPenLine),
    ("people", "People", lucide::LuUsers),
    ("talk", "Conversation", lucide::LuMessagesSquare),
    ("search", "Magnifying glass", lucide::LuSearch),
    ("briefcase", "Briefcase", lucide::LuBriefcase),
    ("handshake", "Handshake", lucide::LuHandshake),
    ("compass", "Compass", lucide::LuCompass),
    ("cap", "Graduation cap", lucide::LuGraduationCap),
    ("presentation", "Presentation", lucide::LuPresentation),
    ("code", "Code", lucide::LuCode),
    ("palette", "Palette", lucide::LuPalette),
    ("idea", "Light bulb", lucide::LuLightbulb),
    ("money", "Banknote", lucide::LuBanknote),
    ("globe", "Globe", lucide::LuGlobe),
    ("other", "Shapes", lucide::LuShapes),
];

/// Words and names of the icons that a kind of service can have.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    KINDS.iter().map(|(word, name, _)| (*word, *name))
}

/// The icon of that word; that of something else for a word we do not know.
pub fn of_kind(word: &str) -> Markup {
    let known = KINDS.iter().find(|(known, ..)| *known == word);
    draw(known.map_or(lucide::LuShapes, |(_, _, icon)| icon))
}

icons! {
    briefcase = LuBriefcase,
    calendar = LuCalendar,
    check = LuCheck,
    clock = LuClock,
    copy = LuCopy,
    down = LuArrowDown,
    download = LuDownload,
    globe = LuGlobe,
    grip = LuGripVertical,
    image = LuImage,
    left = LuChevronLeft,
    mail = LuMail,
    moon = LuMoon,
    pause = LuPause,
    pen = LuPenLine,
    pin = LuMapPin,
    play = LuPlay,
    plus = LuPlus,
    right = LuChevronRight,
    search = LuSearch,
    sun = LuSun,
    trash = LuTrash2,
    up = LuArrowUp,
    user = LuUser,
    users = LuUsers,
    video = LuVideo,
    warning = LuTriangleAlert,
}
