; As rearrange, and some parts must reach their slots in a given order.
(define (domain kit)
  (:requirements :strips :typing :negative-preconditions)
  (:types block pad bare - thing)
  (:predicates
    (on ?b - block ?x - thing)
    (clear ?x - thing)
    (askew ?b - block)
    (holding ?b - block)
    (hand-empty)
    (fits ?b - block ?x - thing)
    (slot ?b - block ?x - thing)
    (next ?b ?c - block)
    (turn ?b - block))
  (:action pick
    :parameters (?b - block ?x - thing)
    :precondition (and (hand-empty) (clear ?b) (on ?b ?x))
    :effect (and (holding ?b) (clear ?x) (not (hand-empty)) (not (on ?b ?x)) (not (clear ?b))))
  (:action place
    :parameters (?b - block ?x - thing)
    :precondition (and (holding ?b) (clear ?x) (fits ?b ?x))
    :effect (and (on ?b ?x) (clear ?b) (hand-empty) (not (askew ?b)) (not (holding ?b)) (not (clear ?x))))
  (:action deliver
    :parameters (?b - block ?x - thing ?then - block)
    :precondition (and (holding ?b) (clear ?x) (slot ?b ?x) (turn ?b) (next ?b ?then))
    :effect (and (on ?b ?x) (clear ?b) (hand-empty) (turn ?then)
                 (not (askew ?b)) (not (holding ?b)) (not (clear ?x)) (not (turn ?b)))))
