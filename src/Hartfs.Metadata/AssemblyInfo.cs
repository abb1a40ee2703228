using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Hartfs.Tests")]
[assembly: InternalsVisibleTo("Hartfs.CrashTests")]
