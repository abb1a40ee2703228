namespace Hartfs.Cli.Commands;

/// <summary>Asks before something that cannot be undone.</summary>
internal static class Question
{
    /// <summary>Throws <see cref="CommandFailure"/> unless the answer is yes, and where nobody can be asked.</summary>
    public static void Ask(CommandContext context, bool isAnswered, string text)
    {
        if (isAnswered)
            return;
        if (Console.IsInputRedirected)
            throw new CommandFailure(ExitCode.Usage, "nobody is there to be asked. Next: add --yes to go on.");
        context.Error.Write(text + " [y/N] ");
        if (Console.ReadLine()?.Trim() is not ("y" or "Y" or "yes"))
            throw new CommandFailure(ExitCode.Interrupted, "stopped; nothing was changed.");
    }
}
