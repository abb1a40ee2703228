using System.CommandLine;
using System.Globalization;
using Hartfs.Cli;
using Hartfs.Cli.Commands;
using Hartfs.Cli.Output;
using Xunit;

namespace Hartfs.Tests.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public void Every_command_has_a_description_examples_and_described_parts()
    {
        foreach (Command command in Visible())
        {
            HartfsCommand known = Assert.IsType<HartfsCommand>(command);
            Assert.NotEmpty(known.Examples);
            Assert.NotEmpty(command.Description!);
            Assert.All(command.Arguments, each => Assert.False(string.IsNullOrEmpty(each.Description)));
            Assert.All(command.Options, each => Assert.False(string.IsNullOrEmpty(each.Description)));
        }
    }

    [Fact]
    public void The_help_of_every_command_shows_its_examples()
    {
        foreach (Command command in Visible())
        {
            (int code, string output, _) = Run(command.Name, "--help");
            Assert.Equal(0, code);
            Assert.Contains("Usage:", output, StringComparison.Ordinal);
            foreach (HelpRow example in ((HartfsCommand)command).Examples)
                Assert.Contains(example.Term, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_example_that_calls_hartfs_parses()
    {
        RootCommand root = CommandLine.Build();
        IEnumerable<string> examples = Visible().SelectMany(command => ((HartfsCommand)command).Examples)
            .Concat(CommandLine.RootExamples.Rows).Select(row => row.Term)
            .Where(line => line.StartsWith("hartfs ", StringComparison.Ordinal));
        Assert.All(examples, line => Assert.Empty(root.Parse(line.Split(' ')[1..]).Errors));
    }

    [Theory]
    [InlineData("mount")]
    [InlineData("mount", "a", "b", "c")]
    [InlineData("mount", "a", "b", "--colour")]
    [InlineData("create")]
    [InlineData("create", "--level", "high", "v")]
    [InlineData("create", "--level", "20", "v")]
    [InlineData("create", "--chunk-size", "3K", "v")]
    [InlineData("create", "--block-size", "2M", "v")]
    [InlineData("import", "a", "b")]
    [InlineData("export", "v:/../x", "b")]
    [InlineData("completion", "tcsh")]
    [InlineData("frobnicate")]
    public void A_wrong_command_line_ends_with_code_2_and_a_message(params string[] arguments)
    {
        (int code, string output, string error) = Run(arguments);
        Assert.Equal((int)ExitCode.Usage, code);
        Assert.Empty(output);
        Assert.StartsWith("hartfs: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_mount_option_ends_with_its_own_code_before_anything_is_opened()
    {
        (int code, _, string error) = Run("mount", "no-such-volume", "no-such-directory", "-o", "ro,rot13");
        Assert.Equal((int)ExitCode.UnknownOption, code);
        Assert.Contains("'rot13'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Unmounting_what_is_not_mounted_ends_with_its_own_code()
    {
        (int code, _, string error) = Run("unmount", Path.GetTempPath());
        Assert.Equal((int)ExitCode.NotMounted, code);
        Assert.Contains("Next:", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_man_page_in_the_repository_is_the_one_the_commands_make() =>
        Assert.Equal(ManualPage.Make(CommandLine.Build()),
            File.ReadAllText(SourceTree.PathOf("packaging/linux/hartfs.1")));

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void Completion_knows_every_command_and_option(string shell)
    {
        (int code, string script, _) = Run("completion", shell);
        Assert.Equal(0, code);
        foreach (Command command in Visible())
        {
            Assert.Contains(command.Name, script, StringComparison.Ordinal);
            foreach (Option option in command.Options)
                Assert.Contains(option.Name.TrimStart('-'), script, StringComparison.Ordinal);
        }

        Assert.Contains("auto_unmount", script, StringComparison.Ordinal);
        Assert.DoesNotContain("control", script, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_is_the_one_of_the_build() => Assert.StartsWith("hartfs 0.", Run("version").Output);

    private static IEnumerable<Command> Visible() => CommandLine.Build().Subcommands.Where(each => !each.Hidden);

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        int code = CommandLine.Run(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
