"""Draws the pictures of the demo, sets its one-page document and sounds its voice note. Needs Python alone; run in this folder:

    python3 make.py
"""

import math
import struct
import wave
import zlib


def png(name, width, height, palette, pixel):
    """A picture whose pixels are numbers of colours."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(pixel(x, y) for x in range(width)) for y in range(height))
    with open(name, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)))
        file.write(chunk(b"PLTE", b"".join(bytes(colour) for colour in palette)))
        file.write(chunk(b"IDAT", zlib.compress(rows, 9)))
        file.write(chunk(b"IEND", b""))


def blend(one, other, steps):
    return [tuple(round(a + (b - a) * step / (steps - 1)) for a, b in zip(one, other)) for step in range(steps)]


def hills(width=1200, height=800):
    """Morning over hills: a sky in bands, the sun, four ridges."""
    sky = blend((250, 214, 165), (120, 170, 215), 24)
    ridges = [(136, 160, 172), (98, 132, 128), (64, 104, 88), (38, 72, 58)]
    palette = sky + ridges + [(255, 240, 200)]

    def ridge(number, x):
        base = height * (0.52 + 0.11 * number)
        return base + 60 * math.sin(x / (150 + 40 * number) + number * 2) + 22 * math.sin(x / (47 + 9 * number) + number)

    tops = [[ridge(number, x) for x in range(width)] for number in range(4)]

    def pixel(x, y):
        for number in (3, 2, 1, 0):
            if y > tops[number][x]:
                return len(sky) + number
        if (x - width * 0.7) ** 2 + (y - height * 0.3) ** 2 < (height * 0.09) ** 2:
            return len(palette) - 1
        return min(len(sky) - 1, int((1 - y / (height * 0.7)) * len(sky))) if y < height * 0.7 else 0

    png("hills.png", width, height, palette, pixel)


def tiles(size=900):
    """Eight-pointed stars, as on the walls of Samarkand."""
    palette = [(20, 60, 110), (46, 134, 171), (240, 234, 214), (196, 150, 60), (12, 38, 74)]
    cell = size // 5

    def pixel(x, y):
        u, v = (x % cell) / cell * 2 - 1, (y % cell) / cell * 2 - 1
        square = max(abs(u), abs(v))
        diamond = (abs(u) + abs(v)) / math.sqrt(2)
        star = min(square, diamond)
        if star < 0.22:
            return 3
        if star < 0.5:
            return 1
        if star < 0.56:
            return 2
        if max(square, diamond) > 0.97:
            return 2
        return 0 if (square < diamond) else 4

    png("tiles.png", size, size, palette, pixel)


def boxes(width=800, height=1000):
    """Fourteen boxes of warm clothes, stacked."""
    palette = [(236, 232, 224), (188, 140, 92), (156, 112, 70), (120, 84, 52), (214, 206, 192)]

    def pixel(x, y):
        if y > height * 0.86:
            return 4
        rows = 4
        tall, wide = height * 0.17, width * 0.24
        row = int((height * 0.86 - y) // tall)
        if row >= rows:
            return 0
        left = width * 0.02 + (row % 2) * wide * 0.18
        column = int((x - left) // wide)
        if x < left or column >= (4 if row < 2 else 3):
            return 0
        inner_x, inner_y = (x - left) % wide, (height * 0.86 - y) % tall
        if inner_x < 5 or inner_y < 5:
            return 3
        if abs(inner_x - wide / 2) < wide * 0.05:
            return 2
        return 1

    png("boxes.png", width, height, palette, pixel)


def schedule():
    """One page in a font that every reader has."""
    lines = [
        (20, "Hafta jadvali / Weekly schedule"),
        (13, ""),
        (13, "Payshanba 18:30   Yoshlar to'garagi, kutubxona zali"),
        (13, "Juma 13:00        Juma duosi"),
        (13, "Shanba 16:00      Ovqat tayyorlash, hovli"),
        (13, "Yakshanba 10:00   Ayollar suhbati"),
        (13, ""),
        (13, "Eshigimiz hammaga ochiq. Everybody is welcome."),
    ]
    text, y = [], 770
    for size, line in lines:
        text.append(f"BT /F1 {size} Tf 60 {y} Td ({line}) Tj ET")
        y -= size + 11
    stream = "\n".join(text).encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    with open("schedule.pdf", "wb") as file:
        file.write(out)


def voice(rate=8000, seconds=5):
    """A choir's note to sing after: four soft tones."""
    notes = [220.0, 277.18, 329.63, 440.0]
    samples = bytearray()
    for index in range(rate * seconds):
        time = index / rate
        number = min(len(notes) - 1, int(time / seconds * len(notes)))
        since = time - number * seconds / len(notes)
        loud = min(1, since / 0.05) * math.exp(-1.4 * since)
        wave_now = math.sin(2 * math.pi * notes[number] * time) + 0.3 * math.sin(4 * math.pi * notes[number] * time)
        samples.append(round(128 + 70 * loud * wave_now))
    with wave.open("note.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        file.writeframes(bytes(samples))


hills()
tiles()
boxes()
schedule()
voice()
