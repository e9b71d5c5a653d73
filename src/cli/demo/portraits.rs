//! Portraits of invented people: drawn, since there is nobody to photograph.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

const SIDE: u32 = 256;

const BACKGROUNDS: [[u8; 3]; 6] = [
    [214, 228, 220],
    [226, 221, 240],
    [246, 226, 212],
    [214, 230, 242],
    [243, 234, 206],
    [240, 219, 227],
];
const SKINS: [[u8; 3]; 5] = [
    [246, 214, 189],
    [226, 178, 140],
    [190, 138, 100],
    [141, 94, 66],
    [96, 62, 45],
];
const HAIR: [[u8; 3]; 5] = [
    [38, 30, 30],
    [84, 56, 40],
    [160, 104, 60],
    [206, 168, 108],
    [120, 118, 120],
];
const CLOTHES: [[u8; 3]; 6] = [
    [38, 92, 78],
    [63, 71, 150],
    [150, 74, 40],
    [40, 92, 130],
    [138, 50, 104],
    [70, 84, 92],
];

/// An upright ellipse: its middle and radii, in sides of the picture.
#[derive(Clone, Copy)]
struct Ellipse {
    x: f32,
    y: f32,
    across: f32,
    along: f32,
}

impl Ellipse {
    const fn new(x: f32, y: f32, across: f32, along: f32) -> Self {
        Self {
            x,
            y,
            across,
            along,
        }
    }

    /// How much of the pixel at (x, y) lies within it: 0 to 1.
    fn covers(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = ((x - self.x) / self.across, (y - self.y) / self.along);
        let inside = (1.0 - dx.hypot(dy)) * self.across.min(self.along) * SIDE as f32;
        (inside + 0.5).clamp(0.0, 1.0)
    }
}

/// Fills what `covers` of each pixel with a colour.
fn fill(picture: &mut RgbImage, colour: [u8; 3], covers: impl Fn(f32, f32) -> f32) {
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let place = |n: u32| (n as f32 + 0.5) / SIDE as f32;
        let share = covers(place(x), place(y));
        for (channel, new) in pixel.0.iter_mut().zip(colour) {
            *channel = (f32::from(*channel) * (1.0 - share) + f32::from(new) * share) as u8;
        }
    }
}

/// A PNG of somebody; another for each number.
pub fn draw(number: usize) -> Vec<u8> {
    let skin = SKINS[number * 3 % SKINS.len()];
    let hair = HAIR[number * 2 % HAIR.len()];
    let shade = skin.map(|channel| (f32::from(channel) * 0.86) as u8);
    let mut picture =
        RgbImage::from_pixel(SIDE, SIDE, Rgb(BACKGROUNDS[number % BACKGROUNDS.len()]));
    let head = Ellipse::new(0.5, 0.43, 0.17, 0.215);
    // Long hair falls behind the shoulders, curls stand around the head.
    match number % 4 {
        0 => {
            let behind = Ellipse::new(0.5, 0.52, 0.25, 0.32);
            fill(&mut picture, hair, |x, y| behind.covers(x, y));
        }
        1 => {
            let curls = Ellipse::new(0.5, 0.37, 0.27, 0.24);
            fill(&mut picture, hair, |x, y| curls.covers(x, y));
        }
        _ => {}
    }
    let shoulders = Ellipse::new(0.5, 1.02, 0.38, 0.3);
    let clothes = CLOTHES[number * 5 % CLOTHES.len()];
    fill(&mut picture, clothes, |x, y| shoulders.covers(x, y));
    let neck = Ellipse::new(0.5, 0.68, 0.075, 0.14);
    fill(&mut picture, shade, |x, y| neck.covers(x, y));
    fill(&mut picture, skin, |x, y| head.covers(x, y));
    // What of the hair lies upon the forehead: above a parting, on the one or the other side.
    let cap = Ellipse::new(0.5, 0.38, 0.19, 0.2);
    let lean = if number.is_multiple_of(2) {
        0.12
    } else {
        -0.12
    };
    let face = Ellipse::new(0.5 + lean * 0.3, 0.5, 0.2, 0.2);
    if number % 7 != 6 {
        fill(&mut picture, hair, |x, y| {
            cap.covers(x, y).min(1.0 - face.covers(x, y)) * if y < 0.47 { 1.0 } else { 0.0 }
        });
    }
    for x_of in [0.435, 0.565] {
        let eye = Ellipse::new(x_of, 0.45, 0.014, 0.018);
        fill(&mut picture, [40, 32, 32], |x, y| eye.covers(x, y));
    }
    let (mouth, lip) = (
        Ellipse::new(0.5, 0.535, 0.055, 0.035),
        Ellipse::new(0.5, 0.522, 0.06, 0.035),
    );
    fill(&mut picture, [150, 62, 62], |x, y| {
        mouth.covers(x, y).min(1.0 - lip.covers(x, y))
    });
    if number % 5 == 2 {
        for x_of in [0.435, 0.565] {
            let (rim, glass) = (
                Ellipse::new(x_of, 0.45, 0.055, 0.055),
                Ellipse::new(x_of, 0.45, 0.045, 0.045),
            );
            fill(&mut picture, [50, 50, 56], |x, y| {
                rim.covers(x, y).min(1.0 - glass.covers(x, y))
            });
        }
    }
    let mut png = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut png), ImageFormat::Png)
        .expect("a picture in memory can be written");
    png
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_looks_different_and_can_be_a_portrait() {
        let (one, other) = (draw(1), draw(2));
        assert_ne!(one, other);
        assert!(crate::people::profile::photo::portrait(&one).is_ok());
    }
}
