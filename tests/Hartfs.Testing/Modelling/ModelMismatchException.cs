namespace Hartfs.Testing.Modelling;

/// <summary>The product did something that the model does not do.</summary>
public sealed class ModelMismatchException(string message) : Exception(message);
