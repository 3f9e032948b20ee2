; twin: wires-domain
(define (domain wires)
  (:requirements :strips :typing :derived-predicates)
  (:types node)
  (:predicates (wire ?a ?b - node) (closed ?a ?b - node) (source ?a - node) (live ?a - node) (seen ?a - node))
  (:derived (live ?a - node)
    (or (source ?a) (exists (?source - node) (and (live ?source) (closed ?source ?a)))))
  (:action close
    :parameters (?a ?b - node)
    :precondition (wire ?a ?b)
    :effect (closed ?a ?b))
  (:action look
    :parameters (?a - node)
    :precondition (live ?a)
    :effect (seen ?a)))
