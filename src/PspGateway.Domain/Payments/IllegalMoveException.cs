namespace PspGateway.Domain.Payments;

/// <summary>A bug: code asked for a move that the table does not have.</summary>
public sealed class IllegalMoveException(string subject, Guid id, string from, string to)
    : InvalidOperationException($"{subject} {id:N} cannot go from {from} by {to}.");
