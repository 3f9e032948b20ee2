(define (domain tower)
  (:requirements :strips :equality)
  (:predicates (block ?b) (on ?a ?b) (clear ?a) (floor ?a))
  (:action move
    :parameters (?a ?from ?to)
    :precondition (and (block ?a) (block ?to) (on ?a ?from) (clear ?a) (clear ?to) (not (= ?a ?to)) (not (= ?from ?to)))
    :effect (and (on ?a ?to) (clear ?from) (not (on ?a ?from)) (not (clear ?to))))
  (:action to-floor
    :parameters (?a ?from ?f)
    :precondition (and (block ?a) (block ?from) (floor ?f) (on ?a ?from) (clear ?a))
    :effect (and (on ?a ?f) (clear ?from) (not (on ?a ?from)))))
