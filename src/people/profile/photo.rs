//! Portraits: decoded within limits and encoded anew, so that nothing else travels with them.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    imageops::FilterType,
};

/// Largest upload.
const LARGEST: usize = 8 * 1024 * 1024;
/// Largest picture once it is decoded, in bytes: the 24 megapixels of a camera. Where decoding takes as much
/// again besides, half of that.
const LARGEST_DECODED: u64 = 73_000_000;
const SIDE: u32 = 512;
const SMALL_SIDE: u32 = 64;

/// A portrait in two sizes, both JPEG.
#[derive(Debug)]
pub struct Portrait {
    /// Square, at most 512 pixels a side.
    pub full: Vec<u8>,
    /// 64 pixels a side.
    pub thumbnail: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "must be a JPEG, PNG or WebP picture, at most 8 MB and 24 megapixels (12 for WebP and progressive JPEG)"
)]
pub struct NotAPicture;

/// Reads JPEG, PNG or WebP, whatever the file is called; drops metadata, keeps the orientation.
pub fn portrait(bytes: &[u8]) -> Result<Portrait, NotAPicture> {
    if bytes.len() > LARGEST {
        return Err(NotAPicture);
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| NotAPicture)?;
    let takes_twice = match reader.format() {
        Some(ImageFormat::WebP) => true,
        Some(ImageFormat::Jpeg) => is_progressive(bytes),
        _ => false,
    };
    let largest = LARGEST_DECODED / if takes_twice { 2 } else { 1 };
    let mut limits = Limits::default();
    limits.max_image_width = Some(10_000);
    limits.max_image_height = Some(10_000);
    limits.max_alloc = Some(LARGEST_DECODED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| NotAPicture)?;
    // A small file may say that it is huge: nothing is decoded before that is known.
    if decoder.total_bytes() > largest {
        return Err(NotAPicture);
    }
    let orientation = decoder.orientation().map_err(|_| NotAPicture)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| NotAPicture)?;
    // Cutting and scaling well takes copies, so they are made of something small.
    let most = SIDE * 2;
    let shorter = picture.width().min(picture.height());
    if shorter > most {
        let scaled = |side: u32| (u64::from(side) * u64::from(most) / u64::from(shorter)) as u32;
        picture = picture.thumbnail_exact(scaled(picture.width()), scaled(picture.height()));
    }
    picture.apply_orientation(orientation);
    let side = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    let square = picture.crop_imm(left, top, side, side);
    let scaled = |most: u32| {
        let side = side.min(most).max(1);
        encoded(&square.resize_exact(side, side, FilterType::Lanczos3))
    };
    Ok(Portrait {
        full: scaled(SIDE)?,
        thumbnail: scaled(SMALL_SIDE)?,
    })
}

/// Whether a JPEG comes in several passes, so that all of its coefficients are kept until the last one.
fn is_progressive(jpeg: &[u8]) -> bool {
    let mut rest = jpeg.get(2..).unwrap_or_default();
    // A marker, then its segment's length, which counts itself.
    while let [0xFF, marker, high, low, ..] = *rest {
        match marker {
            0xC2 | 0xC6 | 0xCA | 0xCE => return true,
            // The frame of another kind, or the picture itself.
            0xC0 | 0xC1 | 0xC3 | 0xDA => return false,
            0xFF => rest = &rest[1..],
            _ => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                rest = rest.get(2 + length..).unwrap_or_default();
            }
        }
    }
    false
}

fn encoded(picture: &DynamicImage) -> Result<Vec<u8>, NotAPicture> {
    let mut out = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut out, 80);
    picture
        .to_rgb8()
        .write_with_encoder(encoder)
        .map_err(|_| NotAPicture)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height)
            .write_to(&mut out, image::ImageFormat::Png)
            .unwrap();
        out.into_inner()
    }

    #[test]
    fn a_picture_becomes_a_small_square_jpeg() {
        let portrait = portrait(&png(900, 700)).unwrap();
        let full = image::load_from_memory(&portrait.full).unwrap();
        assert_eq!((full.width(), full.height()), (512, 512));
        assert!(portrait.full.starts_with(&[0xFF, 0xD8]) && portrait.thumbnail.len() < 4000);
    }

    #[test]
    fn a_progressive_jpeg_is_known_as_one() {
        let head = |frame: u8| {
            let mut head = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xFF];
            head.extend([frame, 0, 17, 8]);
            head
        };
        assert!(is_progressive(&head(0xC2)) && !is_progressive(&head(0xC0)));
        let mut jpeg = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(9, 9)
            .write_to(&mut jpeg, ImageFormat::Jpeg)
            .unwrap();
        assert!(!is_progressive(&jpeg.into_inner()));
        for cut in 0..14 {
            assert!(!is_progressive(&head(0xC2)[..cut.min(10)]));
        }
    }

    #[test]
    fn what_decoding_takes_twice_may_be_half_as_large() {
        let webp = |side| {
            let mut out = Cursor::new(Vec::new());
            let picture = DynamicImage::new_rgb8(side, side);
            picture.write_to(&mut out, ImageFormat::WebP).unwrap();
            out.into_inner()
        };
        assert!(portrait(&webp(900)).is_ok());
        assert!(portrait(&webp(3600)).is_err());
        assert!(portrait(&png(3600, 3600)).is_ok());
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(portrait(b"<svg onload='x'/>").is_err());
        assert!(portrait(b"\x89PNG\r\n\x1a\n and then nothing").is_err());
        assert!(portrait(&png(10_001, 1)).is_err());
        // A quarter of a megabyte that is 9,400 by 9,400 pixels.
        let mut small_file = Cursor::new(Vec::new());
        let huge = DynamicImage::new_luma8(9_400, 9_400);
        huge.write_to(&mut small_file, image::ImageFormat::Png)
            .unwrap();
        let small_file = small_file.into_inner();
        assert!(small_file.len() < LARGEST && portrait(&small_file).is_err());
        // A header that promises 30,000 by 30,000 pixels.
        let mut bomb = png(8, 8);
        bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
        assert!(portrait(&bomb).is_err());
    }
}
