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

icons! {
    calendar = LuCalendar,
    check = LuCheck,
    clock = LuClock,
    copy = LuCopy,
    download = LuDownload,
    globe = LuGlobe,
    left = LuChevronLeft,
    mail = LuMail,
    moon = LuMoon,
    pause = LuPause,
    pin = LuMapPin,
    play = LuPlay,
    plus = LuPlus,
    right = LuChevronRight,
    search = LuSearch,
    sun = LuSun,
    trash = LuTrash2,
    user = LuUser,
    users = LuUsers,
    video = LuVideo,
    warning = LuTriangleAlert,
}
