namespace Hartfs.Core.Integrity;

/// <summary>The usual ending of files that begin with certain bytes.</summary>
internal static class FileEnding
{
    // https://en.wikipedia.org/wiki/List_of_file_signatures
    private static readonly (int Offset, byte[] Begin, string Ending)[] Signatures =
    [
        (0, "%PDF-"u8.ToArray(), "pdf"),
        (0, [0x89, .. "PNG\r\n"u8], "png"),
        (0, [0xFF, 0xD8, 0xFF], "jpg"),
        (0, "GIF8"u8.ToArray(), "gif"),
        (8, "WEBP"u8.ToArray(), "webp"),
        (8, "WAVE"u8.ToArray(), "wav"),
        (4, "ftyp"u8.ToArray(), "mp4"),
        (0, "ID3"u8.ToArray(), "mp3"),
        (0, "fLaC"u8.ToArray(), "flac"),
        (0, "OggS"u8.ToArray(), "ogg"),
        (0, [.. "PK"u8, 3, 4], "zip"),
        (0, [0x1F, 0x8B, 8], "gz"),
        (0, [0x28, 0xB5, 0x2F, 0xFD], "zst"),
        (0, [0xFD, .. "7zXZ"u8], "xz"),
        (0, "BZh"u8.ToArray(), "bz2"),
        (0, [.. "7z"u8, 0xBC, 0xAF], "7z"),
        (257, "ustar"u8.ToArray(), "tar"),
        (0, [0x7F, .. "ELF"u8], "elf"),
        (0, "MZ"u8.ToArray(), "exe"),
        (0, "SQLite format 3"u8.ToArray(), "sqlite"),
        (0, "GGUF"u8.ToArray(), "gguf"),
        (0, "<?xml"u8.ToArray(), "xml"),
    ];

    /// <summary>The ending, without a dot, that the first bytes suggest.</summary>
    public static string Of(ReadOnlySpan<byte> begin)
    {
        foreach ((int offset, byte[] signature, string ending) in Signatures)
        {
            if (begin.Length >= offset + signature.Length && begin[offset..].StartsWith(signature))
                return ending;
        }

        return IsText(begin) ? "txt" : "bin";
    }

    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (value is < 32 and not (9 or 10 or 12 or 13) or 127)
                return false;
        }

        return true;
    }
}
