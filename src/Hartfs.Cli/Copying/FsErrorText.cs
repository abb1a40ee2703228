using System.Text;
using Hartfs.Core;

namespace Hartfs.Cli.Copying;

/// <summary>What an error of the volume says to people.</summary>
internal static class FsErrorText
{
    /// <summary>A sentence where there is more to say than the error's name.</summary>
    public static string Describe(FsError error) => error switch
    {
        FsError.OutOfSpace => "the backing disk is full",
        FsError.CorruptData => "stored bytes are damaged; the log names the place",
        FsError.CorruptMetadata => "the volume's metadata is damaged",
        FsError.IoFailure => "the backing disk failed",
        FsError.ReadOnly => "the volume is read-only",
        _ => Words(error.ToString()),
    };

    // NoSuchAttribute → no such attribute
    private static string Words(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0)
                text.Append(' ');
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
