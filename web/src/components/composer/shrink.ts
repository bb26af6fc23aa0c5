/** Pixels of the longest side of a picture that is sent as a photo. */
const LONGEST = 1_600;
const QUALITY = 0.82;
/** The marks of moving pictures stand before the first picture. */
const HEAD = 4_096;
const textOf = async (blob: Blob) => new TextDecoder('latin1').decode(await blob.arrayBuffer());

async function isMoving(file: File): Promise<boolean> {
  const head = await textOf(file.slice(0, HEAD));
  return (file.type === 'image/png' && head.includes('acTL')) || (file.type === 'image/webp' && head.includes('ANIM'));
}

function named(name: string, type: string): string {
  const ending = type === 'image/webp' ? 'webp' : type === 'image/png' ? 'png' : 'jpg';
  return `${name.replace(/\.[^.]*$/, '') || 'photo'}.${ending}`;
}

/**
 * A picture as a photo: upright, at most 1,600 pixels long, and made of nothing but its pixels, so without the place where it was taken. A picture that
 * moves, or that this browser cannot read, stays as it is.
 */
export async function shrunk(file: File): Promise<File> {
  if (await isMoving(file)) return file;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    return file;
  }
  try {
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    // Drawings and pictures of a screen are read, not looked at: they stay sharp where they tell nothing else.
    if (file.type === 'image/png' && scale === 1 && !/eXIf|adobe\.xmp/.test(await textOf(file))) return file;
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext('2d');
    if (!context) return file;
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    // Pictures that may be transparent keep that; a browser that writes no WebP writes PNG instead.
    const wanted = file.type === 'image/png' || file.type === 'image/webp' ? 'image/webp' : 'image/jpeg';
    const blob = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, wanted, QUALITY));
    if (!blob) return file;
    return new File([blob], named(file.name, blob.type), { type: blob.type, lastModified: file.lastModified });
  } finally {
    bitmap.close();
  }
}
