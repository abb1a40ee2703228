using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Hartfs.Tests")]
[assembly: InternalsVisibleTo("Hartfs.Benchmarks")]
[assembly: InternalsVisibleTo("Hartfs.CrashTests")]
