using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Hartfs.Tests")]
[assembly: InternalsVisibleTo("Hartfs.Testing")]
[assembly: InternalsVisibleTo("Hartfs.CrashTests")]
