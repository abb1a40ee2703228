using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Hartfs.Tests")]
