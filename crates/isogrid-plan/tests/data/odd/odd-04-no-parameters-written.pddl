; twin: lamps-domain
(define (domain lamps)
  (:requirements :strips :negative-preconditions)
  (:predicates (lamp ?l) (next ?a ?b) (lit ?l) (power))
  (:action plug
    :precondition (not (power))
    :effect (power))
  (:action toggle
    :parameters (?a ?b)
    :precondition (and (power) (lamp ?a) (lamp ?b) (next ?a ?b) (lit ?a) (not (lit ?b)))
    :effect (and (lit ?b) (not (lit ?a))))
  (:action light
    :parameters (?a)
    :precondition (and (power) (lamp ?a) (not (lit ?a)))
    :effect (and (lit ?a) (not (power)))))
