using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Xunit;

namespace Hartfs.Tests;

/// <summary>Holds the planes apart: a project references what the table allows, and nothing else.</summary>
public sealed class DependencyGraphTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Hartfs.Format"] = [],
        ["Hartfs.Storage"] = ["Hartfs.Format"],
        ["Hartfs.Metadata"] = ["Hartfs.Format"],
        ["Hartfs.Core"] = ["Hartfs.Format", "Hartfs.Storage", "Hartfs.Metadata"],
        ["Hartfs.Fuse"] = ["Hartfs.Format", "Hartfs.Core"],
        ["Hartfs.Cli"] = ["Hartfs.Format", "Hartfs.Core", "Hartfs.Fuse"],
    };

    [Fact]
    public void Every_project_references_only_the_planes_below_it()
    {
        string source = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "src");
        string[] projects = Directory.GetFiles(source, "*.csproj", SearchOption.AllDirectories);
        Assert.Equal(Allowed.Keys.Order(), projects.Select(Path.GetFileNameWithoutExtension).Order());
        foreach (string project in projects)
        {
            IEnumerable<string> references = XDocument.Load(project).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));
            string name = Path.GetFileNameWithoutExtension(project);
            Assert.Empty(references.Except(Allowed[name]));
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
